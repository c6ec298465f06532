// Sends footage: hashes it, announces it, sends what is wanted over tus 1.0, waits until the service has checked it.
// What was chosen when "Send" was clicked is what is sent, whatever is chosen meanwhile. A browser that goes offline
// waits, and goes on by itself.

import "/static/vendor/tus-js-client/tus.min.js";
import { localTimes } from "/static/times.js";

const CHUNK = 8 * 1024 * 1024;
const RETRIES_MS = [500, 1000, 2000, 4000, 8000, 15000, 30000, 30000, 30000, 30000];
const AWAY = [502, 503, 504]; // the service, or its database, is restarted
const POLL_MS = 700;
const CHECKING_MS = 30 * 60 * 1000; // in which no file is checked: the largest takes less, so nobody is at it
const KNOWN = "hashes of footage";

const form = document.querySelector("#send");
const words = form.dataset;
const at = (id) => document.querySelector(`#${id}`);
const clutter = new RegExp(words.clutter, "i");
let chosen = [];
let busy = false;

class Fault extends Error {}
class Broken extends Fault {}

function said(text, values = {}) {
  return Object.entries(values).reduce((done, [key, value]) => done.replace(`{${key}}`, () => value), text);
}

function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const step = bytes > 0 ? Math.min(Math.floor(Math.log10(bytes) / 3), 4) : 0;
  const digits = { maximumFractionDigits: step > 1 ? 1 : 0 };
  return `${(bytes / 1000 ** step).toLocaleString(document.documentElement.lang, digits)} ${units[step]}`;
}

function show(step, done, total) {
  at("progress").hidden = false;
  at("step").textContent = step;
  at("bar").value = total > 0 ? done / total : 0;
  at("amount").textContent = `${size(done)} / ${size(total)}`;
}

function choose(input) {
  const folder = input.files[0]?.webkitRelativePath.split("/")[0];
  const all = [...input.files].map((file) => {
    return { file, name: folder ? file.webkitRelativePath.slice(folder.length + 1) : file.name };
  });
  chosen = all.filter(({ name }) => !clutter.test(name));
  const total = chosen.reduce((sum, { file }) => sum + file.size, 0);
  const parts = [said(at("chosen").dataset.text, { count: chosen.length, size: size(total) })];
  if (chosen.length < all.length) {
    parts.push(said(at("chosen").dataset.without, { count: all.length - chosen.length }));
  }
  at("chosen").textContent = parts.join(" · ");
  if (folder) {
    at("name").placeholder = folder;
  }
}

// Until the browser is online; true where it had to wait.
async function online() {
  if (navigator.onLine) {
    return false;
  }
  const before = at("step").textContent;
  at("step").textContent = words.offline;
  await new Promise((resolve) => window.addEventListener("online", resolve, { once: true }));
  at("step").textContent = before;
  return true;
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Does something that may be done again, until the line has held for it; online as often as there are pauses.
async function persist(what, pauses = []) {
  const left = [...pauses];
  for (;;) {
    try {
      return await what();
    } catch (error) {
      if (!(error instanceof Broken)) {
        throw error;
      }
      if (!(await online())) {
        if (left.length === 0) {
          throw error;
        }
        await pause(left.shift());
      }
    }
  }
}

// Hashes of files that have not changed since; a card is read for minutes.
function knownHashes() {
  try {
    return JSON.parse(localStorage.getItem(KNOWN)) ?? {};
  } catch {
    return {};
  }
}

function remember(hashes) {
  try {
    localStorage.setItem(KNOWN, JSON.stringify(hashes));
  } catch {
    localStorage.removeItem(KNOWN); // full: it is only a memory
  }
}

function hashFile(worker, file, progress) {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      if (data.fault) {
        reject(new Fault(said(words.unreadable, { name: file.name })));
      } else if (data.sha256) {
        resolve(data.sha256);
      } else {
        progress(data.done);
      }
    };
    worker.postMessage(file);
  });
}

async function hashAll(mine) {
  const worker = new Worker("/static/hash.js", { type: "module" });
  const known = knownHashes();
  const total = mine.reduce((sum, { file }) => sum + file.size, 0);
  let done = 0;
  const files = [];
  try {
    for (const { file, name } of mine) {
      const key = `${name}|${file.size}|${file.lastModified}`;
      const step = said(words.hashing, { name });
      show(step, done, total);
      known[key] ??= await hashFile(worker, file, (part) => show(step, done + part, total));
      done += file.size;
      files.push({ name, size: file.size, sha256: known[key] });
    }
  } finally {
    worker.terminate();
    remember(known);
  }
  return files;
}

async function askOnce(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Broken(words.broken);
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    const Kind = AWAY.includes(response.status) ? Broken : Fault;
    throw new Kind(problem.detail ?? words.broken);
  }
  try {
    return await response.json();
  } catch {
    throw new Broken(words.broken); // the line broke within the answer
  }
}

const ask = (path, options) => persist(() => askOnce(path, options), RETRIES_MS.slice(0, 6));

function sendFile(file, url, progress) {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(file, {
      uploadUrl: new URL(url, location.href).href,
      chunkSize: CHUNK,
      retryDelays: RETRIES_MS,
      storeFingerprintForResuming: false,
      onProgress: progress,
      onSuccess: resolve,
      onError: () => reject(new Broken(words.broken)),
    });
    upload.start();
  });
}

async function sendAll(files, mine) {
  const wanted = files.filter(({ state }) => state !== "suspect" && state !== "duplicate");
  const total = wanted.reduce((sum, file) => sum + file.size, 0);
  let done = wanted.reduce((sum, file) => sum + (file.upload ? 0 : file.size), 0);
  for (const [index, { upload, name, size: length }] of files.entries()) {
    if (upload) {
      const step = said(words.sending, { name });
      show(step, done, total);
      const progress = (sent) => show(step, done + sent, total);
      await persist(() => sendFile(mine[index].file, upload, progress));
      done += length;
    }
  }
}

async function settled(id) {
  let checked = -1;
  let since = 0;
  for (;;) {
    const { state, errors, progress } = await ask(`/api/v1/surveys/${id}`);
    show(words.settling, progress.received, progress.size);
    if (state !== "uploading") {
      return;
    }
    if (progress.received < progress.size) {
      throw new Fault(words.damaged);
    }
    if (errors.length > 0) {
      throw new Fault(errors.slice(0, 3).map(({ text }) => text).join("; ")); // arrived, but it cannot be stored
    }
    if (progress.files_settled !== checked) {
      checked = progress.files_settled;
      since = performance.now();
    } else if (performance.now() - since > CHECKING_MS) {
      throw new Fault(words.unchecked);
    }
    await pause(POLL_MS);
  }
}

async function send() {
  if (chosen.length === 0) {
    throw new Fault(words.choose);
  }
  const mine = chosen;
  const name = at("name").value.trim() || at("name").placeholder;
  const ground = at("ground").value === "" ? null : Number(at("ground").value);
  const model = at("go").dataset.model || null;
  const files = await hashAll(mine);
  at("step").textContent = words.asking;
  const answer = await ask("/api/v1/surveys", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, files, ground, model }),
  });
  at("after").hidden = false;
  at("after").querySelector("a").href = `/surveys/${answer.survey.id}`;
  await sendAll(answer.files, mine);
  await settled(answer.survey.id);
  at("step").textContent = words.done;
}

for (const id of ["folder", "files"]) {
  at(id).addEventListener("change", ({ target }) => choose(target));
  if (at(id).files.length > 0) {
    choose(at(id)); // chosen before this script was there
  }
}
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (busy) {
    return;
  }
  busy = at("go").disabled = true;
  at("fault").hidden = true;
  try {
    await send();
  } catch (error) {
    if (!(error instanceof Fault)) {
      throw error;
    }
    at("step").textContent = "";
    at("fault").textContent = error.message;
    at("fault").hidden = false;
  } finally {
    busy = at("go").disabled = false;
  }
});
window.addEventListener("beforeunload", (event) => {
  if (busy) {
    event.preventDefault();
  }
});
at("go").disabled = false; // before now a click would have sent the form itself: a reload that forgets the files
localTimes(document);

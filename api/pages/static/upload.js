// Sends footage: hashes it, announces it, sends what is wanted over tus 1.0, waits until the service has checked it.

import "/static/vendor/tus-js-client/tus.min.js";
import { localTimes } from "/static/times.js";

const CHUNK = 8 * 1024 * 1024;
const RETRIES_MS = [500, 1000, 2000, 4000, 8000, 15000, 30000, 30000, 30000, 30000];
const POLL_MS = 700;
const KNOWN = "hashes of footage";

const form = document.querySelector("#send");
const words = form.dataset;
const at = (id) => document.querySelector(`#${id}`);
let chosen = [];
let busy = false;

class Fault extends Error {}

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
  chosen = [...input.files].map((file) => ({ file, name: file.webkitRelativePath || file.name }));
  const total = chosen.reduce((sum, { file }) => sum + file.size, 0);
  at("chosen").textContent = said(at("chosen").dataset.text, { count: chosen.length, size: size(total) });
  const folder = chosen[0]?.file.webkitRelativePath.split("/")[0];
  if (folder) {
    at("name").placeholder = folder;
    chosen = chosen.map(({ file, name }) => ({ file, name: name.slice(folder.length + 1) }));
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

async function hashAll() {
  const worker = new Worker("/static/hash.js", { type: "module" });
  const known = knownHashes();
  const total = chosen.reduce((sum, { file }) => sum + file.size, 0);
  let done = 0;
  const files = [];
  try {
    for (const { file, name } of chosen) {
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

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Fault(words.broken);
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Fault(problem.detail ?? words.broken);
  }
  return response.json();
}

function sendFile(file, url, progress) {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(file, {
      uploadUrl: new URL(url, location.href).href,
      chunkSize: CHUNK,
      retryDelays: RETRIES_MS,
      storeFingerprintForResuming: false,
      onProgress: progress,
      onSuccess: resolve,
      onError: () => reject(new Fault(words.broken)),
    });
    upload.start();
  });
}

async function sendAll(files) {
  const wanted = files.filter(({ state }) => state !== "suspect" && state !== "duplicate");
  const total = wanted.reduce((sum, file) => sum + file.size, 0);
  let done = wanted.reduce((sum, file) => sum + (file.upload ? 0 : file.size), 0);
  for (const [index, { upload, name, size: length }] of files.entries()) {
    if (upload) {
      const step = said(words.sending, { name });
      show(step, done, total);
      await sendFile(chosen[index].file, upload, (sent) => show(step, done + sent, total));
      done += length;
    }
  }
}

async function settled(id) {
  for (;;) {
    const survey = await ask(`/api/v1/surveys/${id}`);
    show(words.settling, survey.progress.received, survey.progress.size);
    if (survey.state !== "uploading") {
      return;
    }
    if (survey.progress.received < survey.progress.size) {
      throw new Fault(words.damaged);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function send() {
  if (chosen.length === 0) {
    throw new Fault(words.choose);
  }
  const files = await hashAll();
  const name = at("name").value.trim() || at("name").placeholder;
  const ground = at("ground").value === "" ? null : Number(at("ground").value);
  const model = at("go").dataset.model || null;
  at("step").textContent = words.asking;
  const answer = await ask("/api/v1/surveys", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, files, ground, model }),
  });
  at("after").hidden = false;
  at("after").querySelector("a").href = `/surveys/${answer.survey.id}`;
  await sendAll(answer.files);
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

// Makes a version of a data set, from labels or from a ZIP, and names every fault that the service finds.

import { localTimes } from "/static/times.js";

const at = (id) => document.getElementById(id);
const doing = at("doing");

function lines(list, texts) {
  list.replaceChildren(...texts.map((text) => {
    const row = document.createElement("li");
    row.textContent = text;
    return row;
  }));
  list.hidden = texts.length === 0;
}

function say(text) {
  doing.hidden = !text;
  doing.textContent = text;
}

async function make(form, address, options, text) {
  const submit = form.querySelector("button");
  submit.disabled = true;
  at("fault").hidden = at("made").hidden = at("notes").hidden = true;
  say(text);
  try {
    const response = await fetch(address, options);
    const answer = await response.json();
    if (response.ok) {
      say(doing.dataset.done.replace("{version}", `${answer.name} ${answer.version}`));
      lines(at("notes"), answer.notes);
      at("made").firstElementChild.href = `/datasets/${answer.name}/${answer.version}`;
      at("made").hidden = false;
    } else {
      say("");
      at("fault-text").textContent = answer.detail;
      lines(at("faults"), (answer.errors ?? []).map((one) => (one.where ? `${one.where}: ${one.what}` : one.what)));
      at("fault").hidden = false;
    }
  } catch {
    say("");
    at("fault-text").textContent = doing.dataset.offline;
    lines(at("faults"), []);
    at("fault").hidden = false;
  } finally {
    submit.disabled = false;
  }
}

at("from-labels").addEventListener("submit", (event) => {
  event.preventDefault();
  const said = new FormData(event.target);
  const address = `/api/v1/datasets/${encodeURIComponent(said.get("name"))}/from-labels?view=${said.get("view")}`;
  make(event.target, address, { method: "POST" }, doing.dataset.making);
});

at("archive").addEventListener("submit", (event) => {
  event.preventDefault();
  const said = new FormData(event.target);
  const query = new URLSearchParams({ view: said.get("view"), licence: said.get("licence") });
  const address = `/api/v1/datasets/${encodeURIComponent(said.get("name"))}/archive?${query}`;
  const options = { method: "PUT", body: said.get("file"), headers: { "Content-Type": "application/zip" } };
  make(event.target, address, options, doing.dataset.sending);
});

localTimes(document);

// One frame on a page: keys and buttons, and what is stored. Nothing counts as stored before the service has said so.

import { Boxes, overlap } from "/static/label_boxes.js";
import { Stage } from "/static/label_stage.js";
import { localTimes } from "/static/times.js";

const at = (id) => document.getElementById(id);
const work = at("work").dataset;
const words = at("words").dataset;
const address = `/api/v1/labels/frames/${work.frame}`;
const classes = JSON.parse(work.classes);
const word = new Map(classes.map((one) => [one.name, one.word]));
const AGREED = 0.4;

let frame = null;
let boxes = null;
let stage = null;
let name = sessionStorage.getItem("label-class") ?? classes[0].name;
let busy = false;
let leaving = false;

function tell(text) {
  at("toast").textContent = "";
  requestAnimationFrame(() => {
    at("toast").textContent = text;
  });
}

function button(text, key, pressed, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.setAttribute("aria-pressed", String(pressed));
  made.append(text);
  if (key) {
    const shown = document.createElement("kbd");
    shown.textContent = key;
    made.append(shown);
  }
  made.addEventListener("click", action);
  const row = document.createElement("li");
  row.append(made);
  return row;
}

// Proposals that nothing drawn covers yet.
function open() {
  return frame.proposals.filter((one) => !boxes.items.some((mine) => overlap(mine.box, one.box) > AGREED));
}

function show() {
  for (const one of boxes.items) {
    one.word = word.get(one.name) ?? one.name;
  }
  stage.proposals = open();
  stage.show();
  const current = boxes.current?.name ?? name;
  const choices = classes.slice(0, 9).map((one, index) => button(one.word, String(index + 1), one.name === current, () => choose(one.name)));
  at("classes").replaceChildren(...choices);
  at("other").value = current;
  at("list").replaceChildren(...boxes.items.map((one, index) => button(one.word, "", index === boxes.chosen, () => pick(index))));
  const { negative, confirmed } = at("offers").dataset;
  const verdicts = { negative, confirmed, corrected: confirmed, present: negative };
  at("offers").replaceChildren(...stage.proposals.map((one) => {
    const said = `${one.by} · ${Math.round(one.confidence * 100)} %`;
    const rest = verdicts[one.verdict] ? ` · ${verdicts[one.verdict]}` : "";
    const row = button(word.get(one.class) ?? one.class, "", false, () => take(one));
    const small = document.createElement("small");
    small.textContent = said + rest;
    row.firstElementChild.append(small);
    return row;
  }));
  at("count").textContent = String(boxes.items.length);
  at("proposed").textContent = String(stage.proposals.length);
  at("delete").disabled = !boxes.current;
  at("undo").disabled = boxes.past.length === 0;
  at("accept").disabled = stage.proposals.every((one) => one.verdict === "negative");
  const state = at("state");
  state.textContent = state.dataset[frame.state];
  state.classList.toggle("done", frame.state === "complete");
  if (frame.saved_by) {
    at("saved").textContent = at("saved").dataset.text.replace("{version}", String(frame.version)).replace("{name}", frame.saved_by.name);
  }
}

function choose(wanted) {
  name = wanted;
  sessionStorage.setItem("label-class", wanted);
  boxes.rename(wanted);
  show();
}

function pick(index) {
  boxes.chosen = index;
  show();
}

function take(one) {
  boxes.add(one.class, one.box);
  show();
}

function drawn(box) {
  boxes.add(name, box);
  show();
}

function inTheMiddle() {
  const [x, y, wide, high] = stage.view;
  drawn([x + wide * 0.4, y + high * 0.4, x + wide * 0.6, y + high * 0.6]);
}

function nudge(dx, dy, grow) {
  if (boxes.current) {
    const step = Math.max(1, Math.round(stage.scale * 2));
    boxes.mark();
    if (grow) {
      boxes.grow(dx * step, dy * step);
    } else {
      boxes.shift(dx * step, dy * step);
    }
    show();
  }
}

async function exclusively(action) {
  if (busy) {
    return;
  }
  busy = true;
  try {
    await action();
  } catch {
    tell(words.offline);
  } finally {
    busy = false;
  }
}

async function store(complete) {
  const response = await fetch(address, {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      version: frame.version,
      complete,
      boxes: boxes.items.map((one) => ({ class: one.name, box: one.box })),
    }),
  });
  if (response.status === 409) {
    at("conflict-text").textContent = at("conflict-text").dataset.text;
    at("conflict").hidden = false;
    at("conflict").dataset.complete = complete ? "yes" : "";
    return false;
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    tell(problem.detail ?? words.failed);
    return false;
  }
  frame = await response.json();
  boxes.dirty = false;
  at("conflict").hidden = true;
  tell(words.saved);
  show();
  return true;
}

async function complete() {
  if (await store(true)) {
    location.assign(`/labels/next?after=${work.frame}`);
  }
}

async function storeOver() {
  const theirs = await fetch(address);
  frame = { ...frame, version: (await theirs.json()).version };
  if (at("conflict").dataset.complete) {
    await complete();
  } else {
    await store(false);
  }
}

function skip() {
  if (boxes.dirty && !leaving) {
    leaving = true;
    tell(words.leave);
    return;
  }
  boxes.dirty = false;
  const skipped = [...(sessionStorage.getItem("label-skipped") ?? "").split(" ").filter(Boolean), work.frame].slice(-40);
  sessionStorage.setItem("label-skipped", skipped.join(" "));
  location.assign(`/labels/next?${skipped.map((id) => `after=${id}`).join("&")}`);
}

async function copy() {
  const response = await fetch(`${address}/before`);
  if (response.status === 404) {
    tell(words.nothing);
    return;
  }
  const before = await response.json();
  const [across, down] = [frame.width / before.width, frame.height / before.height];
  const scaled = before.boxes.map((one) => ({ class: one.class, box: one.box.map((edge, index) => edge * (index % 2 ? down : across)) }));
  tell(words.copied.replace("{count}", String(boxes.addAll(scaled))));
  show();
}

async function load() {
  const response = await fetch(address);
  frame = await response.json();
  if (boxes === null) {
    boxes = new Boxes(frame.width, frame.height);
    stage = new Stage(at("stage"), boxes, { drawn, chosen: pick, took: take, changed: show });
  }
  boxes.load(frame.boxes);
  at("conflict").hidden = true;
  show();
}

const actions = {
  enter: () => exclusively(complete),
  s: () => exclusively(() => store(false)),
  n: skip,
  a: () => {
    const wanted = open().filter((one) => one.verdict !== "negative");
    boxes.addAll(wanted.sort((one, other) => other.confidence - one.confidence)); // of two of one thing, the surer
    show();
  },
  v: () => exclusively(copy),
  b: inTheMiddle,
  c: () => at("other").focus(),
  j: () => pick((boxes.step(1), boxes.chosen)),
  k: () => pick((boxes.step(-1), boxes.chosen)),
  x: () => {
    boxes.remove();
    show();
  },
  u: () => {
    boxes.undo();
    show();
  },
  h: () => at("stage").classList.toggle("unboxed"),
  "+": () => stage.zoom(1.5),
  "-": () => stage.zoom(1 / 1.5),
  0: () => stage.fitAll(),
  "?": () => at("keys").showModal(),
  escape: () => pick(-1),
};
const aliases = { delete: "x", backspace: "x", "=": "+" };
const arrows = { arrowleft: [-1, 0], arrowright: [1, 0], arrowup: [0, -1], arrowdown: [0, 1] };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || boxes === null || at("keys").open) {
    return;
  }
  if (event.target.matches("textarea, input, select") || (event.key === "Enter" && event.target.matches("a, button"))) {
    return;
  }
  const key = event.key.toLowerCase();
  const chosen = /^[1-9]$/.test(key) ? classes[Number(key) - 1] : undefined;
  const action = arrows[key] ? () => nudge(...arrows[key], event.shiftKey) : chosen ? () => choose(chosen.name) : actions[aliases[key] ?? key];
  // A held key moves a box on, but completes no second frame.
  if (action && (arrows[key] || !event.repeat)) {
    event.preventDefault();
    leaving = leaving && key === "n";
    action();
  }
});

for (const [id, key] of Object.entries({ accept: "a", copy: "v", delete: "x", undo: "u", complete: "enter", draft: "s", skip: "n", closer: "+", farther: "-", help: "?" })) {
  at(id).addEventListener("click", () => actions[key]());
}
at("theirs").addEventListener("click", () => exclusively(load));
at("mine").addEventListener("click", () => exclusively(storeOver));
at("stage").addEventListener("contextmenu", (event) => event.preventDefault());
at("other").append(...classes.map((one) => new Option(one.word, one.name)));
at("other").addEventListener("change", () => {
  choose(at("other").value);
  at("stage").focus();
});
window.addEventListener("beforeunload", (event) => {
  if (boxes?.dirty) {
    event.preventDefault();
  }
});

localTimes(document);
exclusively(load);

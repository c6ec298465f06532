// One candidate per screen, one key per verdict. Nothing is shown as decided before the service has recorded it.

import { Events } from "/static/events.js";
import { DECIDED, HELD, Leases } from "/static/leases.js";
import { Panels } from "/static/panels.js";
import { Queue } from "/static/queue.js";
import { localTimes } from "/static/times.js";
import { Done } from "/static/undo.js";
import { Zoom } from "/static/zoom.js";

const POLL_MS = 3000;
const LOW = 20;
const UNDO_DEFERRAL_S = 60;

const at = (id) => document.getElementById(id);
const desk = at("desk");
const words = at("words").dataset;
const queue = new Queue(desk.dataset.queue.split(" ").filter(Boolean), Number(desk.dataset.total));
const leases = new Leases("decides" in desk.dataset);
const events = new Events((id, standing) => lose(id, standing));
const done = new Done(at("undo"));
const zoom = new Zoom((box) => {
  said.box = box;
  tell(words.drawn);
});
const panels = new Panels(at("reasons"), at("parking"), at("remark"));
queue.counts = { parked: Number(desk.dataset.parked), escalated: Number(desk.dataset.escalated) };
let said = {}; // what was noted and corrected of the candidate that is shown
let busy = false;
let unsaid; // what was heard of it during an action

function shownCard() {
  return desk.querySelector(".card");
}

// Emptied first: the same words twice would not be read out twice.
function tell(text) {
  at("toast").textContent = "";
  requestAnimationFrame(() => {
    at("toast").textContent = text;
  });
}

function settle() {
  const card = shownCard();
  at("left").textContent = String(queue.total);
  at("reject").disabled = card?.dataset.state !== "open";
  at("confirm").disabled = at("reject").disabled || "expired" in card.dataset;
  at("previous").disabled = at("next").disabled = queue.ids.length < 2 && card?.dataset.id === queue.current;
  for (const id of ["note-it", "park", "escalate"]) {
    at(id).disabled = at("reject").disabled;
  }
  done.show();
}

function put(element) {
  const hadFocus = desk.contains(document.activeElement);
  desk.replaceChildren(element);
  begin();
  if (hadFocus) {
    desk.querySelector("[tabindex='-1']").focus();
  }
  settle();
}

// A card is there: nothing is said of it yet, and no panel of the one before stays open.
function begin() {
  localTimes(desk);
  said = {};
  unsaid = undefined;
  at("said").value = at("class").value = "";
  panels.close();
  zoom.attach(desk.querySelector(".scene svg"));
}

function countWhatIsPutOff() {
  for (const element of desk.querySelectorAll("[data-count]")) {
    const count = queue.counts[element.dataset.count];
    element.hidden = count === 0;
    element.querySelector("b").textContent = String(count);
  }
}

async function show() {
  const id = queue.current;
  if (id === undefined) {
    events.close();
    put(at("nothing").content.firstElementChild.cloneNode(true));
    countWhatIsPutOff();
    history.replaceState(null, "", `/review${location.search}`);
    return;
  }
  const card = await queue.card(id);
  put(card.cloneNode(true));
  history.replaceState(null, "", `/review/${id}${location.search}`);
  queue.fetchAhead();
  hold(id);
}

// Keeps the candidate that is shown, and the next, so that the next key finds it free.
async function hold(id) {
  events.follow(id);
  leases.keepOnly([id, queue.following]);
  const kept = await leases.take(id);
  if (kept !== HELD) {
    lose(id, kept);
    return;
  }
  let next = queue.following;
  while (shownCard()?.dataset.id === id && next !== undefined && (await leases.take(next)) !== HELD) {
    queue.remove(next);
    next = queue.following;
    queue.fetchAhead();
  }
}

// Says on the card that somebody else has it; its keys stop. What this page does itself is no news: what comes in the
// meantime is said afterwards, if the card is still there.
function lose(id, how) {
  const card = shownCard();
  if (card?.dataset.id !== id || card.dataset.state !== "open") {
    return;
  }
  if (busy) {
    unsaid = [id, how];
    return;
  }
  card.dataset.state = "elsewhere";
  const notice = document.createElement("p");
  notice.className = "notice bad";
  notice.textContent = how === DECIDED ? words.taken : words.leased;
  card.querySelector(".facts").prepend(notice);
  panels.close();
  tell(notice.textContent);
  settle();
}

// Runs one action at a time: a second key before the answer is dropped, not queued up as a verdict on the next picture.
async function exclusively(action) {
  if (busy) {
    return;
  }
  busy = true;
  desk.setAttribute("aria-busy", "true");
  try {
    await action();
  } catch {
    tell(words.offline);
  } finally {
    busy = false;
    desk.removeAttribute("aria-busy");
    settle();
    if (unsaid) {
      lose(...unsaid);
    }
  }
}

async function conflict(response) {
  return (await response.json()).type.split(":").at(-1);
}

async function decide(decision, reason, note) {
  const corrected = decision === "confirmed" ? { class: said.class, box: said.box } : {};
  const card = shownCard();
  if (card?.dataset.state !== "open") {
    return;
  }
  const id = card.dataset.id;
  const response = await fetch(`/api/v1/candidates/${id}/verdict`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ decision, reason, note, ...corrected }),
  });
  if (response.ok) {
    const verdict = await response.json();
    done.add(id, "verdict", (Date.parse(verdict.undo_until) - Date.parse(verdict.decided_at)) / 1000);
    tell(decision === "confirmed" ? words.confirmed : words.rejected);
  } else if (response.status === 409) {
    const kind = await conflict(response);
    if (kind === "not-confirmable") {
      tell(words.unprovable);
      return;
    }
    tell(kind === "leased" ? words.leased : words.taken);
  } else {
    tell(words.failed);
    return;
  }
  await leave(id);
}

async function leave(id) {
  leases.forget(id);
  queue.stand(id);
  queue.remove(id);
  if (queue.ids.length < LOW && queue.total > queue.ids.length) {
    await queue.refresh();
  }
  await show();
}

async function putOff(kind, hours) {
  const card = shownCard();
  if (card?.dataset.state !== "open") {
    return;
  }
  const id = card.dataset.id;
  const response = await fetch(`/api/v1/candidates/${id}/deferral`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ kind, hours, note: noted() }),
  });
  if (response.ok) {
    done.add(id, "deferral", UNDO_DEFERRAL_S);
    queue.counts[kind] += 1;
    tell(words[kind]);
  } else if (response.status === 409) {
    tell((await conflict(response)) === "leased" ? words.leased : words.taken);
  } else {
    tell(words.failed);
    return;
  }
  await leave(id);
}

async function undo() {
  const last = done.last;
  if (last === undefined) {
    return;
  }
  const response = await fetch(`/api/v1/candidates/${last.id}/${last.kind}`, { method: "DELETE" });
  if (!response.ok && ![403, 404, 409].includes(response.status)) {
    tell(words.failed); // the service could not say: the verdict stands, and can still be taken back
    return;
  }
  done.pop();
  if (!response.ok) {
    tell(words.late);
    return;
  }
  queue.putBack(last.id);
  tell(words.undone);
  await show();
}

async function reopen() {
  const card = shownCard();
  if (!card?.querySelector(".reopen")) {
    return;
  }
  const id = card.dataset.id;
  const response = await fetch(`/api/v1/candidates/${id}/reopening`, { method: "POST" });
  if (!response.ok) {
    tell(response.status === 409 ? words.gone : words.failed);
    return;
  }
  queue.putBack(id);
  tell(words.reopened);
  await show();
}

async function move(by) {
  const shown = shownCard()?.dataset;
  if (shown?.state === "elsewhere") {
    leases.forget(shown.id);
    queue.remove(shown.id);
  } else if (shown?.id === queue.current) {
    queue.step(by);
  }
  await show();
}

async function poll() {
  if (!busy && !document.hidden) {
    try {
      await queue.refresh();
      if (!busy && !shownCard() && queue.ids.length > 0) {
        await show();
      }
      settle();
    } catch {
      // The service is away; a verdict would say so, and the next round asks again.
    }
  }
  setTimeout(poll, POLL_MS);
}

function noted() {
  return at("said").value.trim();
}

function openPanel(id) {
  if (at("reject").disabled || busy) {
    return;
  }
  at("note").value = noted();
  panels.show(at(id));
}

function reject(reason) {
  const note = at("note").value.trim();
  panels.close();
  exclusively(() => decide("rejected", reason, note));
}

function park(hours) {
  panels.close();
  exclusively(() => putOff("parked", Number(hours)));
}

// A box is in pixels of the best view: that is drawn in, also where the card shows the breach.
function draw() {
  if (at("confirm").disabled || !zoom.svg) {
    return;
  }
  if (zoom.svg.dataset.kind !== "scene") {
    const best = desk.querySelector(".scene template");
    if (!best) {
      tell(words.failed);
      return;
    }
    best.parentElement.replaceChildren(best.content);
    zoom.attach(desk.querySelector(".scene svg"));
  }
  zoom.drawing = true;
  tell(words.draw);
}

const actions = {
  c: () => exclusively(() => decide("confirmed", null, noted())),
  r: () => openPanel("reasons"),
  n: () => openPanel("remark"),
  p: () => openPanel("parking"),
  e: () => exclusively(() => putOff("escalated")),
  o: () => exclusively(reopen),
  u: () => exclusively(undo),
  j: () => exclusively(() => move(1)),
  k: () => exclusively(() => move(-1)),
  b: () => desk.classList.toggle("unboxed"),
  z: () => zoom.toggle(),
  d: draw,
  f: () => at("filter").showModal(),
  "?": () => at("keys").showModal(),
};
const aliases = { enter: "c", arrowright: "j", arrowdown: "j", arrowleft: "k", arrowup: "k" };
const choices = { reasons: reject, parking: park };

document.addEventListener("keydown", (event) => {
  const panel = panels.open;
  if (panel && (event.key === "Escape" || (event.key === "Enter" && event.ctrlKey))) {
    event.preventDefault();
    panels.close();
    return;
  }
  // A held key must not decide a row of candidates, and shortcuts of the browser stay the browser's.
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("textarea, input, select")) {
    return;
  }
  const key = event.key.toLowerCase();
  if (panel && panel.id in choices) {
    const choice = panel.querySelectorAll(".reasons button")[Number(key) - 1];
    if (choice) {
      event.preventDefault();
      choices[panel.id](choice.value);
    } else if (key === "z") {
      zoom.toggle();
    }
    return;
  }
  if (at("keys").open || at("filter").open || (key === "enter" && event.target.matches("a, button, summary"))) {
    return;
  }
  const action = actions[aliases[key] ?? key];
  if (action) {
    event.preventDefault();
    action();
  }
});

const buttons = {
  confirm: "c", reject: "r", undo: "u", next: "j", previous: "k", help: "?", narrow: "f",
  "note-it": "n", park: "p", escalate: "e", draw: "d",
};
for (const [id, key] of Object.entries(buttons)) {
  at(id).addEventListener("click", actions[key]);
}
for (const [id, choose] of Object.entries(choices)) {
  for (const choice of at(id).querySelectorAll(".reasons button")) {
    choice.addEventListener("click", () => choose(choice.value));
  }
}
at("class").addEventListener("change", () => {
  said.class = at("class").value || undefined;
});
desk.addEventListener("click", (event) => {
  if (event.target.closest(".reopen")) {
    actions.o();
  }
});

// Two who open the page in the same instant are shown the same: one of them goes on to the next.
async function open() {
  const id = first.dataset.id;
  if (first.dataset.state === "open" && location.pathname === "/review" && (await leases.take(id)) !== HELD) {
    queue.remove(id);
    await exclusively(show);
  } else if (first.dataset.state === "open") {
    await hold(id);
  }
}

const first = shownCard();
if (first) {
  begin();
  if (first.dataset.state === "open") {
    queue.stand(first.dataset.id);
  }
  settle();
  queue.fetchAhead();
  open();
} else {
  show();
}
setTimeout(poll, POLL_MS);

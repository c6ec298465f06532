// One candidate per screen, one key per verdict. Nothing is shown as decided before the service has recorded it.

import { Events } from "/static/events.js";
import { DECIDED, HELD, Leases } from "/static/leases.js";
import { Queue } from "/static/queue.js";
import { localTimes } from "/static/times.js";

const POLL_MS = 3000;
const LOW = 20;

const at = (id) => document.getElementById(id);
const desk = at("desk");
const words = at("words").dataset;
const queue = new Queue(desk.dataset.queue.split(" ").filter(Boolean), Number(desk.dataset.total));
const leases = new Leases("decides" in desk.dataset);
const events = new Events((id, standing) => lose(id, standing));
const decided = [];
let busy = false;

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
  at("undo").disabled = decided.length === 0;
}

function put(element) {
  const hadFocus = desk.contains(document.activeElement);
  desk.replaceChildren(element);
  localTimes(desk);
  if (hadFocus) {
    desk.querySelector("[tabindex='-1']").focus();
  }
  settle();
}

async function show() {
  const id = queue.current;
  if (id === undefined) {
    events.close();
    put(at("nothing").content.firstElementChild.cloneNode(true));
    history.replaceState(null, "", "/review");
    return;
  }
  const card = await queue.card(id);
  put(card.cloneNode(true));
  history.replaceState(null, "", `/review/${id}`);
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

// Says on the card that somebody else has it; its keys stop. What this page does itself is no news.
function lose(id, how) {
  const card = shownCard();
  if (busy || card?.dataset.id !== id || card.dataset.state !== "open") {
    return;
  }
  card.dataset.state = "elsewhere";
  const notice = document.createElement("p");
  notice.className = "notice bad";
  notice.textContent = how === DECIDED ? words.taken : words.leased;
  card.querySelector(".facts").prepend(notice);
  at("reasons").close();
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
  }
}

async function decide(decision, reason, note) {
  const card = shownCard();
  if (card?.dataset.state !== "open") {
    return;
  }
  const id = card.dataset.id;
  const response = await fetch(`/api/v1/candidates/${id}/verdict`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ decision, reason, note }),
  });
  if (response.ok) {
    decided.push(id);
    tell(decision === "confirmed" ? words.confirmed : words.rejected);
  } else if (response.status === 409) {
    const kind = (await response.json()).type.split(":").at(-1);
    if (kind === "not-confirmable") {
      tell(words.unprovable);
      return;
    }
    tell(kind === "leased" ? words.leased : words.taken);
  } else {
    tell(words.failed);
    return;
  }
  leases.forget(id);
  queue.stand(id);
  queue.remove(id);
  if (queue.ids.length < LOW && queue.total > queue.ids.length) {
    await renew();
  }
  await show();
}

async function undo() {
  const id = decided.at(-1);
  if (id === undefined) {
    return;
  }
  const response = await fetch(`/api/v1/candidates/${id}/verdict`, { method: "DELETE" });
  if (!response.ok && response.status !== 404 && response.status !== 409) {
    tell(words.failed); // the service could not say: the verdict stands, and can still be taken back
    return;
  }
  decided.pop();
  if (!response.ok) {
    tell(words.late);
    return;
  }
  queue.putBack(id);
  tell(words.undone);
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

async function renew() {
  const response = await fetch("/review/queue");
  if (response.ok) {
    const fresh = await response.json();
    queue.renew(fresh.ids, fresh.total);
  }
}

async function poll() {
  if (!busy && !document.hidden) {
    try {
      await renew();
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

function askReason() {
  if (!at("reject").disabled && !busy) {
    at("note").value = "";
    at("reasons").showModal();
  }
}

function reject(reason) {
  const note = at("note").value.trim();
  at("reasons").close();
  exclusively(() => decide("rejected", reason, note));
}

const actions = {
  c: () => exclusively(() => decide("confirmed", null, "")),
  r: askReason,
  u: () => exclusively(undo),
  j: () => exclusively(() => move(1)),
  k: () => exclusively(() => move(-1)),
  b: () => desk.classList.toggle("unboxed"),
  "?": () => at("keys").showModal(),
};
const aliases = { enter: "c", arrowright: "j", arrowdown: "j", arrowleft: "k", arrowup: "k" };

document.addEventListener("keydown", (event) => {
  // A held key must not decide a row of candidates, and shortcuts of the browser stay the browser's.
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("textarea, input")) {
    return;
  }
  const key = event.key.toLowerCase();
  if (at("reasons").open) {
    const choice = at("reasons").querySelectorAll(".reasons button")[Number(key) - 1];
    if (choice) {
      event.preventDefault();
      reject(choice.value);
    }
    return;
  }
  if (at("keys").open || (key === "enter" && event.target.matches("a, button, summary"))) {
    return;
  }
  const action = actions[aliases[key] ?? key];
  if (action) {
    event.preventDefault();
    action();
  }
});

for (const [id, key] of Object.entries({ confirm: "c", reject: "r", undo: "u", next: "j", previous: "k", help: "?" })) {
  at(id).addEventListener("click", actions[key]);
}
for (const choice of at("reasons").querySelectorAll(".reasons button")) {
  choice.addEventListener("click", () => reject(choice.value));
}

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
  localTimes(desk);
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

// Keeps the cards that are on the screen up to date: one small request a period for those alone. Nothing is sorted anew
// and no card comes or goes while somebody reads; the page says when the list would be another.

import { keepMarking } from "/static/outlived.js";
import { localTimes } from "/static/times.js";

const PERIOD_MS = 5000;
const hold = document.getElementById("hold");
const cards = document.getElementById("cards");
const visible = new Set();
let held = false;

function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function showPicture(place, card) {
  const picture = place.querySelector(".picture");
  const image = picture.querySelector("img");
  if (!image || !card.at) return;
  const source = `/api/v1/cameras/${encodeURIComponent(card.id)}/picture?at=${Date.parse(card.at) / 1000}`;
  if (Math.abs(Date.parse(card.at) / 1000 - Number(place.dataset.at)) > 0.01) image.src = source;
  place.dataset.at = String(Date.parse(card.at) / 1000);
  delete picture.dataset.until;
  picture.dataset.liveFor = String(card.live_for);
  picture.classList.remove("outlived");
  picture.classList.toggle("silent", card.live_for <= 0);
  const since = picture.querySelector(".since time");
  if (since && card.live_for > 0) {
    since.dateTime = card.at;
    localTimes(picture);
  }
}

function replaceCard(place, card) {
  const pressed = place.contains(document.activeElement) && document.activeElement.matches(".acts button");
  if (place.contains(document.activeElement) && !pressed) return; // whoever walks its links must not lose the place
  const theirs = new DOMParser().parseFromString(card.html, "text/html").querySelector("article");
  localTimes(theirs);
  place.replaceChildren(theirs);
  place.dataset.version = card.version;
  place.dataset.at = String(Date.parse(card.at ?? "") / 1000);
  if (pressed) place.querySelector(".acts button")?.focus({ preventScroll: true });
}

function update(places, answer) {
  write(document.getElementById("total"), String(answer.total));
  const faults = document.getElementById("troubled");
  if (faults.textContent !== String(answer.troubled)) document.getElementById("changed").hidden = false;
  write(faults, String(answer.troubled));
  faults.parentElement.classList.toggle("dead", answer.troubled > 0);
  const now = new Map(answer.cards.map((card) => [card.id, card]));
  for (const place of places) {
    const card = now.get(place.dataset.camera);
    if (!card) {
      place.classList.add("gone");
      write(place.querySelector(".chip.camera"), cards.dataset.gone);
      continue;
    }
    if (card.html !== null) replaceCard(place, card);
    write(place.querySelector(".age"), card.age);
    place.querySelectorAll(".now").forEach((element, number) => write(element, card.numbers[number] ?? ""));
    showPicture(place, card);
  }
}

async function poll() {
  const places = [...visible];
  if (places.length === 0) return;
  const asked = new URLSearchParams();
  for (const place of places) {
    asked.append("camera", place.dataset.camera);
    asked.append("version", place.dataset.version);
  }
  try {
    const response = await fetch(`/cameras.json?${asked}`);
    if (response.ok) update(places, await response.json());
  } catch {
    // The service is away; the next round asks again, and the marks appear by themselves.
  }
}

async function round() {
  if (!document.hidden && !held) await poll();
  setTimeout(round, PERIOD_MS);
}

// A camera is paused where it stands: no other page is loaded, and the list stays where it is.
async function act(event) {
  const path = new URL(event.target.action).pathname;
  if (!/\/(pause|resume)$/.test(path)) return;
  event.preventDefault();
  const button = event.target.querySelector("button");
  button.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(`/api/v1${path}`, { method: "POST" });
    if (!response.ok) throw new Error(String(response.status));
  } catch {
    event.target.submit(); // the page that answers says what is wrong
    return;
  }
  const pressed = event.target.closest(".place");
  for (let tries = 0; tries < 10 && pressed.contains(button); tries += 1) {
    await poll();
    if (pressed.contains(button)) await new Promise((done) => setTimeout(done, 300));
  }
  button.removeAttribute("aria-busy");
}

localTimes(document);
if (cards) {
  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) visible.add(target);
      else visible.delete(target);
    }
  });
  cards.querySelectorAll(".place").forEach((place) => watcher.observe(place));
  cards.addEventListener("submit", act);
  hold.addEventListener("click", () => {
    held = !held;
    hold.setAttribute("aria-pressed", String(held));
    if (!held) poll();
  });
  keepMarking();
  setTimeout(round, PERIOD_MS);
}

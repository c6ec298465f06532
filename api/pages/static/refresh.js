// Keeps a page up to date: fetches it again and puts its part marked data-refresh in place of ours, until that part
// says data-refresh="ended".

import { keepMarking } from "/static/outlived.js";
import { localTimes } from "/static/times.js";

const PERIOD_MS = 5000;
const QUIET_MS = 20_000; // after which a reader who selected text, or walked the links by keyboard, has gone on

const part = (page) => page.querySelector("[data-refresh]");
let last = 0; // when the reader last did something

for (const kind of ["keydown", "pointerdown", "selectionchange"]) {
  document.addEventListener(kind, () => {
    if (kind !== "selectionchange" || !getSelection().isCollapsed) {
      last = performance.now();
    }
  });
}

// A reader who is typing, selecting text or walking the links by keyboard must not lose the place at that moment.
function inUse(ours) {
  if (ours.querySelector("input:focus, textarea:focus, select:focus")) {
    return true;
  }
  const selected = getSelection();
  const selecting = !selected.isCollapsed && ours.contains(selected.anchorNode);
  return (selecting || ours.contains(document.activeElement)) && performance.now() - last < QUIET_MS;
}

// What the reader had unfolded, scrolled to and focused stays so.
function keep(ours, theirs) {
  for (const unfolded of ours.querySelectorAll("details[id][open]")) {
    theirs.querySelector(`#${CSS.escape(unfolded.id)}`)?.setAttribute("open", "");
  }
  const regions = [...ours.querySelectorAll(".scroll")].map((region) => [region.scrollLeft, region.scrollTop]);
  const all = "a[href], button, input, select, summary, [tabindex]";
  const focused = [...ours.querySelectorAll(all)].indexOf(document.activeElement);
  ours.replaceWith(theirs);
  theirs.querySelectorAll(".scroll").forEach((region, number) => region.scrollTo(...(regions[number] ?? [0, 0])));
  if (focused >= 0) {
    theirs.querySelectorAll(all)[focused]?.focus({ preventScroll: true });
  }
}

async function refresh() {
  const ours = part(document);
  if (document.hidden || inUse(ours)) {
    return;
  }
  try {
    const response = await fetch(location.href);
    if (response.ok) {
      const theirs = part(new DOMParser().parseFromString(await response.text(), "text/html"));
      if (theirs && !inUse(ours)) {
        localTimes(theirs);
        keep(ours, theirs);
      }
    }
  } catch {
    // The service is away; the next round asks again, and the page stays as it was.
  }
}

async function follow() {
  await refresh();
  if (part(document).dataset.refresh !== "ended") {
    setTimeout(follow, PERIOD_MS);
  }
}

localTimes(document);
if (document.querySelector("[data-live-for]")) {
  keepMarking();
}
if (part(document) && part(document).dataset.refresh !== "ended") {
  setTimeout(follow, PERIOD_MS);
}

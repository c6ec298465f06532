// Keeps a table up to date: fetches the same page and puts its part marked data-refresh in place of ours.

import { localTimes } from "/static/times.js";

const PERIOD_MS = 5000;

async function refresh() {
  const ours = document.querySelector("[data-refresh]");
  // A reader who is selecting text or walking the links by keyboard must not lose the place.
  const busy = document.hidden || !getSelection().isCollapsed || ours.contains(document.activeElement);
  if (!busy) {
    try {
      const response = await fetch(location.href);
      if (response.ok) {
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        const theirs = page.querySelector("[data-refresh]");
        if (theirs) {
          localTimes(theirs);
          for (const unfolded of ours.querySelectorAll("details[id][open]")) {
            theirs.querySelector(`#${CSS.escape(unfolded.id)}`)?.setAttribute("open", "");
          }
          ours.replaceWith(theirs);
        }
      }
    } catch {
      // The service is away; the next round asks again, and the page stays as it was.
    }
  }
  setTimeout(refresh, PERIOD_MS);
}

// A picture is called live only for as long as the page knows it to be: also while the service is away, or the reader
// busy, its mark appears by itself.
function markOld() {
  for (const picture of document.querySelectorAll("[data-live-for]")) {
    picture.dataset.until ??= String(performance.now() + 1000 * Number(picture.dataset.liveFor));
    if (performance.now() >= Number(picture.dataset.until) && !picture.classList.contains("silent")) {
      picture.classList.add("silent", "outlived"); // the age written beside it was true only when the page was made
    }
  }
}

localTimes(document);
if (document.querySelector("[data-live-for]")) {
  markOld();
  setInterval(markOld, 500);
}
if (document.querySelector("[data-refresh]")) {
  setTimeout(refresh, PERIOD_MS);
}

// Keeps a table up to date: fetches the same page and puts its part marked data-refresh in place of ours.

import { keepMarking } from "/static/outlived.js";
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

localTimes(document);
if (document.querySelector("[data-live-for]")) {
  keepMarking();
}
if (document.querySelector("[data-refresh]")) {
  setTimeout(refresh, PERIOD_MS);
}

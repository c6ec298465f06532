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

export function keepMarking() {
  markOld();
  setInterval(markOld, 500);
}

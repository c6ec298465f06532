// Moments in the reader's own words and time zone; the server writes them in UTC for readers without scripts.

const shown = new Intl.DateTimeFormat(document.documentElement.lang, {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

export function localTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    element.title = element.dateTime;
    element.textContent = shown.format(new Date(element.dateTime));
  }
}

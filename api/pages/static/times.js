// Moments in the time zone of the reader, but those that are in a zone named beside them; the server writes UTC.

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
  for (const element of root.querySelectorAll("time[datetime]:not([data-zone])")) {
    element.title = element.dateTime;
    element.textContent = shown.format(new Date(element.dateTime));
  }
}

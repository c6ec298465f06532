// What happens elsewhere to the candidate that is shown. Begun a moment later, so that quick keys open no streams, and
// only while the page is looked at: a browser has six connections to one host.

const WAIT_MS = 300;

export class Events {
  constructor(changed) {
    this.changed = changed;
    document.addEventListener("visibilitychange", () => {
      if (this.id !== undefined) {
        this.follow(this.id);
      }
    });
  }

  follow(id) {
    this.close();
    this.id = id;
    if (!document.hidden) {
      this.timer = setTimeout(() => this.open(id), WAIT_MS);
    }
  }

  open(id) {
    this.source = new EventSource(`/api/v1/review/events?candidate=${id}`);
    this.source.addEventListener("standing", (event) => {
      const { candidate, standing } = JSON.parse(event.data);
      if (standing !== "open") {
        this.close();
        this.changed(candidate, standing);
      }
    });
  }

  close() {
    this.id = undefined;
    clearTimeout(this.timer);
    this.source?.close();
  }
}

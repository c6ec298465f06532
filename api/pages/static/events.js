// What happens elsewhere to the candidate that is shown. Begun a moment later, so that quick keys open no streams.

const WAIT_MS = 300;

export class Events {
  constructor(changed) {
    this.changed = changed;
  }

  follow(id) {
    this.close();
    this.timer = setTimeout(() => {
      this.source = new EventSource(`/api/v1/review/events?candidate=${id}`);
      this.source.addEventListener("standing", (event) => {
        const { candidate, standing } = JSON.parse(event.data);
        if (standing !== "open") {
          this.close();
          this.changed(candidate, standing);
        }
      });
    }, WAIT_MS);
  }

  close() {
    clearTimeout(this.timer);
    this.source?.close();
  }
}

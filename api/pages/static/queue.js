// The line of candidates that wait, where we stand in it, and the cards fetched ahead.

const AHEAD = 3;

export class Queue {
  constructor(ids, total) {
    this.ids = ids;
    this.total = total;
    this.at = 0;
    this.cards = new Map();
    this.counts = { parked: 0, escalated: 0 };
  }

  get current() {
    return this.ids[this.at];
  }

  get following() {
    return this.ids.length > 1 ? this.ids[(this.at + 1) % this.ids.length] : undefined;
  }

  step(by) {
    if (this.ids.length > 0) {
      this.at = (this.at + by + this.ids.length) % this.ids.length;
    }
  }

  stand(id) {
    if (!this.ids.includes(id)) {
      this.ids.splice(this.at, 0, id);
    }
    this.at = this.ids.indexOf(id);
  }

  remove(id) {
    const place = this.ids.indexOf(id);
    if (place < 0) {
      return;
    }
    this.ids.splice(place, 1);
    this.total = Math.max(0, this.total - 1);
    this.cards.delete(id);
    if (place < this.at) {
      this.at -= 1;
    } else if (this.at >= this.ids.length) {
      this.at = 0;
    }
  }

  putBack(id) {
    this.ids.splice(this.at, 0, id);
    this.total += 1;
    this.cards.delete(id);
  }

  // What the server says waits now; our place stays with the candidate that is shown.
  renew(ids, total) {
    const shown = this.current;
    this.ids = ids;
    this.total = total;
    this.at = Math.max(0, ids.indexOf(shown));
  }

  async refresh() {
    const response = await fetch(`/review/queue${location.search}`);
    if (response.ok) {
      const { ids, total, ...counts } = await response.json();
      this.renew(ids, total);
      this.counts = counts;
    }
  }

  card(id) {
    if (!this.cards.has(id)) {
      const fetched = fetchCard(id);
      fetched.catch(() => this.cards.delete(id));
      this.cards.set(id, fetched);
    }
    return this.cards.get(id);
  }

  fetchAhead() {
    for (let step = 1; step <= Math.min(AHEAD, this.ids.length - 1); step += 1) {
      this.card(this.ids[(this.at + step) % this.ids.length]).catch(() => undefined);
    }
  }
}

async function fetchCard(id) {
  const response = await fetch(`/review/${id}/card`);
  if (!response.ok) {
    throw new Error(`card ${id}: ${response.status}`);
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const card = page.querySelector(".card");
  for (const picture of card.querySelectorAll("image, img")) {
    new Image().src = picture.getAttribute("href") ?? picture.getAttribute("src");
  }
  return card;
}

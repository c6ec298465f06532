// What is drawn on a frame: a list of boxes in pixels of the picture, which one is chosen, and how to go back.
// It knows neither the page nor the network.

const LEAST = 3;
const DEEPEST = 100;

export class Boxes {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.items = [];
    this.chosen = -1;
    this.dirty = false;
    this.past = [];
  }

  get current() {
    return this.items[this.chosen];
  }

  // Put what the service knows in place of what is here.
  load(items) {
    this.items = items.map((one) => ({ name: one.class, box: [...one.box] }));
    this.chosen = -1;
    this.dirty = false;
    this.past = [];
  }

  // Remember the state before a change.
  mark() {
    this.past.push(JSON.stringify(this.items));
    this.past.splice(0, this.past.length - DEEPEST);
    this.dirty = true;
  }

  undo() {
    const before = this.past.pop();
    if (before !== undefined) {
      this.items = JSON.parse(before);
      this.chosen = -1;
      this.dirty = true;
    }
  }

  add(name, box) {
    const inside = this.fit(box);
    if (inside[2] - inside[0] < LEAST || inside[3] - inside[1] < LEAST) {
      return false;
    }
    this.mark();
    this.items.push({ name, box: inside });
    this.chosen = this.items.length - 1;
    return true;
  }

  // Add boxes that are not there yet; gives how many.
  addAll(items) {
    const fresh = [];
    for (const one of items) {
      const same = (known) => overlap(known.box, one.box) > (known.class === one.class ? 0.5 : 0.8);
      if (!this.items.some((mine) => same({ box: mine.box, class: mine.name })) && !fresh.some(same)) {
        fresh.push(one);
      }
    }
    if (fresh.length > 0) {
      this.mark();
      this.items.push(...fresh.map((one) => ({ name: one.class, box: this.fit(one.box) })));
    }
    return fresh.length;
  }

  remove() {
    if (this.current) {
      this.mark();
      this.items.splice(this.chosen, 1);
      this.chosen = Math.min(this.chosen, this.items.length - 1);
    }
  }

  rename(name) {
    if (this.current && this.current.name !== name) {
      this.mark();
      this.current.name = name;
    }
  }

  // Replace the chosen box; whoever drags calls mark() once before.
  place(box) {
    this.current.box = this.fit(box);
  }

  shift(dx, dy) {
    const [x1, y1, x2, y2] = this.current.box;
    const right = Math.min(Math.max(dx, -x1), this.width - x2);
    const down = Math.min(Math.max(dy, -y1), this.height - y2);
    this.current.box = [x1 + right, y1 + down, x2 + right, y2 + down];
  }

  grow(dx, dy) {
    const [x1, y1, x2, y2] = this.current.box;
    this.current.box = this.fit([x1, y1, Math.max(x1 + LEAST, x2 + dx), Math.max(y1 + LEAST, y2 + dy)]);
  }

  step(by) {
    if (this.items.length > 0) {
      this.chosen = (Math.max(this.chosen, by > 0 ? -1 : 0) + by + this.items.length) % this.items.length;
    }
  }

  // The smallest box under a point, or the next larger one where that is chosen already.
  at(x, y) {
    const under = this.items.map((one, index) => ({ index, box: one.box })).filter((one) => contains(one.box, x, y));
    under.sort((a, b) => area(a.box) - area(b.box));
    const place = under.findIndex((one) => one.index === this.chosen);
    return under.length === 0 ? -1 : under[(place + 1) % under.length].index;
  }

  fit([x1, y1, x2, y2]) {
    const xs = [x1, x2].map((x) => Math.min(Math.max(x, 0), this.width)).sort((a, b) => a - b);
    const ys = [y1, y2].map((y) => Math.min(Math.max(y, 0), this.height)).sort((a, b) => a - b);
    return [xs[0], ys[0], xs[1], ys[1]].map((edge) => Math.round(edge * 10) / 10);
  }
}

export function contains([x1, y1, x2, y2], x, y) {
  return x >= x1 && x <= x2 && y >= y1 && y <= y2;
}

export function area([x1, y1, x2, y2]) {
  return (x2 - x1) * (y2 - y1);
}

export function overlap(a, b) {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const common = Math.max(width, 0) * Math.max(height, 0);
  return common / (area(a) + area(b) - common || 1);
}

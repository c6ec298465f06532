// The picture with its boxes: shows them, zooms, and turns what mouse, pen and fingers do into calls.

import { contains } from "/static/label_boxes.js";

const SVG = "http://www.w3.org/2000/svg";
const GRIP = 9; // pixels of the screen
const CLICK = 4; // pixels of the screen that a hand may tremble
const SIDES = [[0, 1], [2, 1], [2, 3], [0, 3]];

export class Stage {
  // `on` has drawn(box), chosen(index), took(proposal), begins(), changed(): what the hand did.
  constructor(svg, boxes, on) {
    this.svg = svg;
    this.boxes = boxes;
    this.on = on;
    this.proposals = [];
    this.view = [0, 0, boxes.width, boxes.height];
    this.fingers = new Map();
    this.drag = null;
    svg.addEventListener("pointerdown", (event) => this.down(event));
    svg.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) {
      svg.addEventListener(end, (event) => this.up(event, end === "pointercancel"));
    }
    svg.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 1.25 : 0.8, this.point(event));
    }, { passive: false });
    new ResizeObserver(() => this.show()).observe(svg);
  }

  // Pixels of the picture for one pixel of the screen.
  get scale() {
    const { width, height } = this.svg.getBoundingClientRect();
    return Math.max(this.view[2] / (width || 1), this.view[3] / (height || 1));
  }

  point(event) {
    const matrix = this.svg.getScreenCTM().inverse();
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
    return [at.x, at.y];
  }

  zoom(factor, [x, y] = [this.view[0] + this.view[2] / 2, this.view[1] + this.view[3] / 2]) {
    const { width, height } = this.boxes;
    const wide = Math.min(width, Math.max(width / 20, this.view[2] / factor));
    const share = wide / this.view[2];
    this.pan(x - (x - this.view[0]) * share, y - (y - this.view[1]) * share, wide, (wide / width) * height);
  }

  pan(x, y, wide = this.view[2], high = this.view[3]) {
    const { width, height } = this.boxes;
    this.view = [Math.min(Math.max(x, 0), width - wide), Math.min(Math.max(y, 0), height - high), wide, high];
    this.svg.setAttribute("viewBox", this.view.join(" "));
    this.show();
  }

  fitAll() {
    this.pan(0, 0, this.boxes.width, this.boxes.height);
  }

  show() {
    const { items, chosen } = this.boxes;
    this.part("proposals").replaceChildren(...this.proposals.map((one) => shape(one.box, this.kind(one))));
    this.part("boxes").replaceChildren(...items.flatMap((one, index) => this.drawn(one, index === chosen)));
    const grips = chosen < 0 ? [] : SIDES.map(([h, v]) => this.grip(items[chosen].box[h], items[chosen].box[v]));
    this.part("handles").replaceChildren(...grips);
  }

  part(id) {
    return this.svg.querySelector(`#${id}`);
  }

  kind(one) {
    return `proposed ${one.verdict === "negative" ? "negative" : ""}`;
  }

  drawn(one, chosen) {
    const [x, y] = one.box;
    const text = document.createElementNS(SVG, "text");
    const size = 13 * this.scale;
    text.textContent = one.word;
    text.setAttribute("x", String(x + 3 * this.scale));
    text.setAttribute("y", String(y < size * 1.3 ? y + size : y - 4 * this.scale));
    text.setAttribute("font-size", String(size));
    text.setAttribute("stroke-width", String(3 * this.scale));
    return [shape(one.box, "halo"), shape(one.box, chosen ? "line chosen" : "line"), text];
  }

  grip(x, y) {
    const half = (GRIP / 2) * this.scale;
    return shape([x - half, y - half, x + half, y + half], "grip");
  }

  grabbed([x, y]) {
    const box = this.boxes.current?.box;
    const near = GRIP * this.scale;
    return box ? SIDES.find(([h, v]) => Math.abs(box[h] - x) <= near && Math.abs(box[v] - y) <= near) : undefined;
  }

  down(event) {
    this.svg.focus({ preventScroll: true });
    this.fingers.set(event.pointerId, this.screen(event));
    this.svg.setPointerCapture(event.pointerId);
    if (this.fingers.size > 1) {
      this.cancel();
      return;
    }
    const at = this.point(event);
    const side = this.grabbed(at);
    const box = this.boxes.current?.box;
    const inside = box && contains(box, ...at);
    const panning = event.button === 1 || event.button === 2;
    const what = panning ? "pan" : side ? "resize" : inside ? "move" : "draw";
    this.drag = { what, side, from: at, last: at, screen: this.screen(event), moved: false };
  }

  move(event) {
    const before = this.fingers.get(event.pointerId);
    if (before === undefined) {
      return;
    }
    const now = this.screen(event);
    if (this.fingers.size === 2) {
      this.pinch(event.pointerId, before, now);
      this.fingers.set(event.pointerId, now);
      return;
    }
    this.fingers.set(event.pointerId, now);
    if (!this.drag) {
      return;
    }
    const far = Math.hypot(now[0] - this.drag.screen[0], now[1] - this.drag.screen[1]) >= CLICK;
    if (!this.drag.moved && far) {
      this.drag.moved = true;
      if (this.drag.what === "move" || this.drag.what === "resize") {
        this.boxes.mark();
      }
    }
    if (this.drag.moved) {
      this.dragTo(this.point(event));
    }
  }

  dragTo([x, y]) {
    const { what, side, from, last } = this.drag;
    if (what === "move") {
      this.boxes.shift(x - last[0], y - last[1]);
    } else if (what === "resize") {
      this.resize(side, x, y);
    } else if (what === "pan") {
      this.pan(this.view[0] - (x - from[0]), this.view[1] - (y - from[1]));
      return;
    } else {
      const [x1, y1, x2, y2] = this.boxes.fit([...from, x, y]);
      const rect = this.part("drawing");
      setEdges(rect, [x1, y1, x2, y2]);
      rect.removeAttribute("hidden");
    }
    this.drag.last = [x, y];
    this.show();
  }

  resize([h, v], x, y) {
    const box = [...this.boxes.current.box];
    const [left, top] = [h === 0 ? 2 : 0, v === 1 ? 3 : 1].map((index) => box[index]);
    const apart = 3;
    const beside = (edge, fixed, low) => (low ? Math.min(edge, fixed - apart) : Math.max(edge, fixed + apart));
    box[h] = beside(x, left, h === 0);
    box[v] = beside(y, top, v === 1);
    this.boxes.place(box);
  }

  up(event, cancelled) {
    this.fingers.delete(event.pointerId);
    const { drag } = this;
    this.cancel();
    if (!drag || cancelled || drag.what === "pan") {
      return;
    }
    const at = this.point(event);
    if (!drag.moved) {
      this.click(at);
    } else if (drag.what === "draw") {
      this.on.drawn([...drag.from, ...at]);
    } else {
      this.boxes.place(this.boxes.current.box);
      this.on.changed();
    }
  }

  click([x, y]) {
    const index = this.boxes.at(x, y);
    const offered = this.proposals.find((one) => contains(one.box, x, y));
    if (index < 0 && offered) {
      this.on.took(offered);
    } else {
      this.on.chosen(index);
    }
  }

  cancel() {
    this.drag = null;
    this.part("drawing").setAttribute("hidden", "");
  }

  // Two fingers: their middle drags the picture, their distance zooms it.
  pinch(moving, before, now) {
    const other = [...this.fingers].find(([id]) => id !== moving)[1];
    const was = Math.hypot(before[0] - other[0], before[1] - other[1]) || 1;
    const is = Math.hypot(now[0] - other[0], now[1] - other[1]) || 1;
    const { scale } = this;
    this.pan(this.view[0] - ((now[0] - before[0]) / 2) * scale, this.view[1] - ((now[1] - before[1]) / 2) * scale);
    this.zoom(is / was, this.point({ clientX: (now[0] + other[0]) / 2, clientY: (now[1] + other[1]) / 2 }));
  }

  screen(event) {
    return [event.clientX, event.clientY];
  }
}

function setEdges(rect, [x1, y1, x2, y2]) {
  for (const [name, value] of Object.entries({ x: x1, y: y1, width: x2 - x1, height: y2 - y1 })) {
    rect.setAttribute(name, String(value));
  }
}

function shape(box, kind) {
  const rect = document.createElementNS(SVG, "rect");
  setEdges(rect, box);
  rect.setAttribute("class", kind);
  return rect;
}

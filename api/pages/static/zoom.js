// The picture under a lens: one key to the box and back, wheel and drag; and a box drawn anew where it is wrong.

const STEP = 1.25;
const CLOSEST = 0.04; // of the picture's width
const AROUND = 0.7; // of the box, on each side

export class Zoom {
  constructor(drawn) {
    this.drawn = drawn; // told of a box that was drawn: [x1, y1, x2, y2]
    this.drawing = false;
  }

  attach(svg) {
    this.svg = svg;
    this.drawing = false;
    if (!svg) {
      return;
    }
    const { width, height } = svg.viewBox.baseVal;
    this.whole = { x: 0, y: 0, width, height };
    this.view = this.whole;
    svg.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    svg.addEventListener("pointerdown", (event) => this.press(event));
    svg.addEventListener("dragstart", (event) => event.preventDefault());
  }

  show(view) {
    const width = Math.min(this.whole.width, Math.max(this.whole.width * CLOSEST, view.width));
    const height = (width / this.whole.width) * this.whole.height;
    const x = Math.min(Math.max(0, view.x + (view.width - width) / 2), this.whole.width - width);
    const y = Math.min(Math.max(0, view.y + (view.height - height) / 2), this.whole.height - height);
    this.view = { x, y, width, height };
    this.svg.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
  }

  toggle() {
    const box = this.svg?.querySelector(".drawn, .box .line");
    if (!box) {
      return;
    }
    if (this.view.width < this.whole.width) {
      this.show(this.whole);
      return;
    }
    const [x, y, w, h] = ["x", "y", "width", "height"].map((name) => Number(box.getAttribute(name)));
    const aspect = this.whole.width / this.whole.height;
    const width = Math.max(w, h * aspect) * (1 + 2 * AROUND);
    this.show({ x: x + w / 2 - width / 2, y: y + h / 2 - width / aspect / 2, width, height: width / aspect });
  }

  point(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return { x: at.x, y: at.y };
  }

  wheel(event) {
    event.preventDefault();
    const at = this.point(event);
    const width = Math.min(this.whole.width, this.view.width * (event.deltaY > 0 ? STEP : 1 / STEP));
    const scale = width / this.view.width;
    const x = at.x - (at.x - this.view.x) * scale;
    const y = at.y - (at.y - this.view.y) * scale;
    this.show({ x, y, width, height: this.view.height * scale });
  }

  press(event) {
    if (event.button !== 0) {
      return;
    }
    const begin = this.point(event);
    const svg = this.svg;
    svg.setPointerCapture(event.pointerId);
    const move = this.drawing ? (to) => this.stretch(begin, to) : (to) => this.pan(begin, to);
    const moved = (next) => move(this.point(next));
    const end = () => {
      svg.removeEventListener("pointermove", moved);
      this.finish();
    };
    svg.addEventListener("pointermove", moved);
    svg.addEventListener("pointerup", end, { once: true });
    svg.addEventListener("pointercancel", end, { once: true });
  }

  pan(from, to) {
    this.show({ ...this.view, x: this.view.x + from.x - to.x, y: this.view.y + from.y - to.y });
  }

  stretch(from, to) {
    const within = (value, most) => Math.min(Math.max(0, value), most);
    const xs = [from.x, to.x].map((x) => within(x, this.whole.width)).sort((a, b) => a - b);
    const ys = [from.y, to.y].map((y) => within(y, this.whole.height)).sort((a, b) => a - b);
    this.box = [xs[0], ys[0], xs[1], ys[1]];
    this.mark(this.box);
  }

  mark(box) {
    let rect = this.svg.querySelector(".drawn");
    if (!rect) {
      rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      rect.setAttribute("class", "drawn");
      this.svg.append(rect);
    }
    const [x1, y1, x2, y2] = box;
    for (const [name, value] of Object.entries({ x: x1, y: y1, width: x2 - x1, height: y2 - y1 })) {
      rect.setAttribute(name, String(value));
    }
  }

  finish() {
    if (this.drawing && this.box) {
      this.drawn(this.box.map((value) => Math.round(value * 10) / 10));
      this.drawing = false;
    }
    this.box = undefined;
  }
}

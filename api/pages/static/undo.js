// What this page has done last and can still take back, with the seconds that are left; a reload forgets nothing.

const KEY = "review.done";

export class Done {
  constructor(button) {
    this.button = button;
    this.entries = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    setInterval(() => this.show(), 500);
  }

  add(id, kind, seconds) {
    this.entries.push({ id, kind, until: Date.now() + seconds * 1000 });
    this.keep();
  }

  get last() {
    this.entries = this.entries.filter((one) => one.until > Date.now());
    return this.entries.at(-1);
  }

  pop() {
    this.entries.pop();
    this.keep();
  }

  keep() {
    sessionStorage.setItem(KEY, JSON.stringify(this.entries));
    this.show();
  }

  show() {
    const last = this.last;
    this.button.disabled = last === undefined;
    this.button.querySelector(".seconds").textContent = last ? String(Math.ceil((last.until - Date.now()) / 1000)) : "";
  }
}

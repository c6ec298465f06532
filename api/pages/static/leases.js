// Which candidates are kept for this page: the one shown and the next. Renewed while looked at, given back on leaving.

const RENEW_MS = 30_000; // a lease lasts 90 s
export const HELD = "held";
export const LEASED = "leased";
export const DECIDED = "decided";

export class Leases {
  constructor(allowed) {
    this.allowed = allowed; // who may not decide keeps nothing
    this.held = new Set();
    setInterval(() => this.renew(), RENEW_MS);
    addEventListener("pagehide", () => this.keepOnly([]));
  }

  // A service that does not answer takes nothing away: the verdict will say so.
  async take(id) {
    if (!this.allowed || this.held.has(id)) {
      return HELD;
    }
    this.held.add(id);
    return this.ask(id);
  }

  async ask(id) {
    const response = await fetch(`/api/v1/candidates/${id}/lease`, { method: "POST" }).catch(() => undefined);
    if (response?.status !== 409 && response?.status !== 404) {
      return HELD;
    }
    this.held.delete(id);
    return response.status === 409 && (await response.json()).type.endsWith(":leased") ? LEASED : DECIDED;
  }

  renew() {
    if (!document.hidden) {
      for (const id of this.held) {
        this.ask(id);
      }
    }
  }

  forget(id) {
    this.held.delete(id);
  }

  keepOnly(ids) {
    for (const id of this.held) {
      if (!ids.includes(id)) {
        this.held.delete(id);
        fetch(`/api/v1/candidates/${id}/lease`, { method: "DELETE", keepalive: true }).catch(() => undefined);
      }
    }
  }
}

// A worker that hashes files piece by piece: the browser's own SHA-256 wants a whole file in memory.

import { sha256 } from "/static/vendor/noble-hashes/sha2.js";
import { bytesToHex } from "/static/vendor/noble-hashes/utils.js";

const PIECE = 4 * 1024 * 1024;

self.addEventListener("message", async ({ data: file }) => {
  try {
    const digest = sha256.create();
    for (let at = 0; at < file.size; at += PIECE) {
      digest.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
      self.postMessage({ done: Math.min(at + PIECE, file.size) });
    }
    self.postMessage({ sha256: bytesToHex(digest.digest()) });
  } catch {
    self.postMessage({ fault: true });
  }
});

// The first script of the worker that owns the replica.

import init from "{{worker.js}}";

// The page may speak before the module below listens: what arrives early is kept and said again.
const early = [];
const keep = (event) => early.push(event);
self.addEventListener("message", keep);

await init({ module_or_path: "{{worker.wasm}}" });

self.removeEventListener("message", keep);
for (const event of early) {
  self.dispatchEvent(new MessageEvent("message", { data: event.data, ports: [...event.ports] }));
}

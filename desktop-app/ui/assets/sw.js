// The service worker: after one visit the application starts with no server in reach.
//
// The build puts `VERSION` and `PRECACHE` (every file of the bundle, "/" for the page) above this
// script. A version is kept as a whole or not at all, so a page never mixes two of them. What the
// server knows — everything below /api/ — is never kept here: that is the replica's business.

const PREFIX = "unison-";
const CACHE = PREFIX + VERSION;
const SERVER_ONLY = /^\/(api|health|ready|live|startup|metrics)(\/|$)/;
// Names with a hash never change their content and may come from the previous version.
const HASHED = /-[0-9a-f]{12}\.\w+$/;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

self.addEventListener("message", (event) => {
  if (event.data === "take-over") self.skipWaiting();
  if (event.data === "take-over-if-alone") event.waitUntil(takeOverIfAlone(event.ports[0]));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (SERVER_ONLY.test(url.pathname)) return;
  const path = request.mode === "navigate" ? "/" : url.pathname;
  if (PRECACHE.includes(path)) event.respondWith(fromCache(path, request));
});

async function install() {
  const cache = await caches.open(CACHE);
  await Promise.all(
    PRECACHE.map(async (path) => {
      const known = HASHED.test(path) && (await caches.match(path, { ignoreVary: true }));
      // Past the browser's own cache where that might hold the file of another version.
      const mode = HASHED.test(path) ? "default" : "reload";
      const response = known || (await fetch(path, { cache: mode }));
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      await cache.put(path, response);
    }),
  );
}

async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  }
  await self.clients.claim();
}

async function takeOverIfAlone(port) {
  const tabs = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const alone = tabs.length <= 1;
  port.postMessage(alone ? "taking-over" : "waiting");
  if (alone) await self.skipWaiting();
}

async function fromCache(path, request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(path, { ignoreVary: true });
  // The browser may have thrown the cache away when its disk was full.
  return kept ?? fetch(request);
}

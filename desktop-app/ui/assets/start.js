// The first script of the page: lets a waiting new version take over, then loads the screens.

import init from "{{ui.js}}";

// The desktop shell serves its own files and has no use for a service worker.
const workers = "__TAURI_INTERNALS__" in window ? undefined : navigator.serviceWorker;

// A new version is downloaded beside the running one and waits. It takes over at the next load, and
// only where no other tab still runs the old one: both would share one replica.
async function takeOver(registration) {
  const waiting = registration?.waiting;
  if (!waiting || !navigator.serviceWorker.controller) return false;
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((resolve) => {
    port1.onmessage = (event) => resolve(event.data === "taking-over");
    // A worker that does not answer must not keep the operator from starting.
    setTimeout(() => resolve(false), 1000);
  });
  const changed = new Promise((resolve) => {
    navigator.serviceWorker.addEventListener("controllerchange", () => resolve(true), { once: true });
    setTimeout(() => resolve(false), 3000);
  });
  waiting.postMessage("take-over-if-alone", [port2]);
  return (await answer) && (await changed);
}

// For the button "Update now": fetches the new version, and starts it as every load does.
globalThis.updateUnison = async () => {
  const registration = await workers?.getRegistration().catch(() => undefined);
  await registration?.update().catch(() => undefined);
  const fresh = registration?.installing;
  if (fresh) {
    await new Promise((resolve) => {
      fresh.addEventListener("statechange", () => fresh.state !== "installing" && resolve());
      // A download that hangs is tried again by the next load.
      setTimeout(resolve, 60000);
    });
  }
  location.reload();
};

async function start() {
  if (workers) {
    const registration = await workers.getRegistration().catch(() => undefined);
    if (await takeOver(registration)) {
      location.reload();
      return;
    }
  }
  await init({ module_or_path: "{{ui.wasm}}" });
  // Last, so that downloading for later never competes with the first screen.
  workers?.register("/sw.js").catch((error) => console.warn("no start without a network:", error));
}

start().catch((error) => {
  console.error(error);
  document.getElementById("start-failed").hidden = false;
});

// Hocuspocus: Yjs documents over one WebSocket. Measured with a document per order, as its guide has it
// for things that are opened and authorized one by one, and with all orders in one document.

import { Database } from "@hocuspocus/extension-database";
import { HocuspocusProvider, HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import { Server } from "@hocuspocus/server";
import { ClassicLevel } from "classic-level";
import WebSocket from "ws";
import * as Y from "yjs";

import { isWhole, orders } from "../plant.mjs";
import { now } from "../samples.mjs";
import { step } from "../work.mjs";

const TOKEN = "benchmark";

const common = {
  packages: ["@hocuspocus/server", "@hocuspocus/provider", "yjs"],
  durable: "server: LevelDB by its database extension, 2 s after a change; client: in memory, as there is no persistence for Node",
};

export const documentPerOrder = peer({
  ...common,
  title: "Hocuspocus, a document per order",
  authorized: "one token, checked for each document",
  shape: "10,000 Yjs documents over one WebSocket; listeners open the 100 orders that are reported on",
}, {
  names: (places) => places.map((place) => `order-${place}`),
  of: (documents, place) => documents.get(`order-${place}`).getMap("order"),
  place: (_document, name) => [Number(name.slice("order-".length))],
});

export const oneDocument = peer({
  ...common,
  title: "Hocuspocus, all orders in one document",
  authorized: "one token, checked at the connection",
  shape: "one Yjs document with 10,000 orders",
}, {
  names: () => ["orders"],
  of: (documents, place) => documents.get("orders").getMap("orders").get(String(place)),
  place: (document) => [...document.getMap("orders").keys()].map(Number),
});

function peer(about, layout) {
  return { about, server: (options) => server(options, layout), client: (options, tell) => client(options, tell, layout), listeners: (options, tell) => listeners(options, tell, layout) };
}

function write(map, order) {
  for (const [key, value] of Object.entries(order)) {
    if (key === "operations") map.set(key, Y.Array.from(value.map((row) => new Y.Map(Object.entries(row)))));
    else map.set(key, Array.isArray(value) ? Y.Array.from(value) : value);
  }
}

function change(map, { state, report }) {
  if (report) map.get("reports").push([report]);
  else map.get("operations").get(0).set("state", state);
}

async function server({ directory }, layout) {
  const level = new ClassicLevel(directory, { valueEncoding: "view" });
  await level.open();
  const listening = new Server({
    quiet: true,
    // Its log of signals and its screen at the start are for people.
    stopOnSignals: false,
    async onAuthenticate({ token }) {
      if (token !== TOKEN) throw new Error("no access");
    },
    extensions: [new Database({
      fetch: async ({ documentName }) => (await level.get(documentName)) ?? null,
      store: ({ documentName, state }) => level.put(documentName, state),
    })],
  });
  const places = (ids) => ids.map((id) => Number(id));
  return {
    async fill() {
      const rows = orders();
      const documents = new Map();
      rows.forEach((order, place) => {
        const [name] = layout.names([place]);
        if (!documents.has(name)) documents.set(name, new Y.Doc());
        const document = documents.get(name);
        if (name === "orders") {
          const map = new Y.Map();
          document.getMap("orders").set(String(place), map);
          write(map, order);
        } else {
          document.transact(() => write(document.getMap("order"), order));
        }
      });
      const batch = [...documents].map(([key, document]) => ({ type: "put", key, value: Y.encodeStateAsUpdate(document) }));
      await level.batch(batch);
      return rows.map((_, place) => String(place));
    },
    async listen() {
      await listening.listen(0);
      return listening.address.port;
    },
    async reports(ids) {
      const { documents } = listening.hocuspocus;
      return places(ids).reduce((sum, place) => sum + layout.of(documents, place).get("reports").length, 0);
    },
  };
}

/** One connection, and a provider for each document on it. */
class Opened {
  documents = new Map();
  providers = [];

  constructor(port) {
    this.socket = new HocuspocusProviderWebsocket({
      url: `ws://127.0.0.1:${port}`,
      WebSocketPolyfill: WebSocket,
      autoConnect: false,
    });
  }

  async open(names) {
    this.synced = 0;
    const all = new Promise((resolve) => {
      for (const name of names) {
        const document = new Y.Doc();
        this.documents.set(name, document);
        const provider = new HocuspocusProvider({
          websocketProvider: this.socket,
          name,
          document,
          token: TOKEN,
          // Presence is not asked for, except on one: the connection needs it to stay alive.
          ...(this.providers.length > 0 && { awareness: null }),
          onSynced: () => ++this.synced === names.length && resolve(),
        });
        provider.attach();
        this.providers.push(provider);
      }
    });
    this.socket.connect();
    await all;
  }

  async disconnect() {
    this.socket.disconnect();
    while (this.providers.some((provider) => provider.isSynced)) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Until all documents are in step again, both ways. */
  async reconnect() {
    const begun = now();
    const all = Promise.all(this.providers.map(inStep));
    this.socket.connect();
    await all;
    return { begun, ended: now() };
  }
}

function inStep(provider) {
  return new Promise((resolve) => {
    const look = () => {
      if (provider.isSynced && provider.unsyncedChanges === 0) resolve();
    };
    provider.on("synced", look);
    provider.on("unsyncedChanges", look);
  });
}

async function client({ port, ids }, tell, layout) {
  const opened = new Opened(port);
  const { documents } = opened;
  const order = (place) => layout.of(documents, place);
  const isHere = (place) => {
    const map = order(place);
    return isWhole({ number: map?.get("number"), operations: map?.get("operations") });
  };
  return {
    first: () => opened.open(layout.names(ids.map(Number))),
    progress: () => opened.synced,
    count: () => ids.filter((id) => isHere(Number(id))).length,
    disconnect: () => opened.disconnect(),
    reconnect: () => opened.reconnect(),
    enter(places, steps) {
      for (let n = 0; n < steps; n++) {
        for (const place of places) change(order(place), step(n, steps, `${place}-${n}`));
      }
    },
    push: () => opened.reconnect(),
    live() {
      for (const id of ids) hear(order(Number(id)), (heard) => tell({ heard, at: now() }));
    },
    report(place, report) {
      const pressed = now();
      change(order(place), { report });
      return pressed;
    },
  };
}

function hear(map, heard) {
  map.get("reports").observe((event) => {
    for (const { insert } of event.changes.delta) insert?.forEach((report) => heard(report.id));
  });
}

/** Each with documents of its own. */
async function listeners({ port, places, count }, tell, layout) {
  const joined = [];
  return {
    async join(patience) {
      const begun = now();
      for (let n = 0; n < count && now() - begun < patience; n++) {
        const opened = new Opened(port);
        await opened.open(layout.names(places));
        for (const place of places) {
          hear(layout.of(opened.documents, place), (heard) => tell({ heard, at: now(), listener: n }));
        }
        joined.push(opened);
      }
      return joined.length;
    },
    progress: () => joined.length,
  };
}

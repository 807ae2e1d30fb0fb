// PouchDB: a database in LevelDB on each side, replicated over HTTP with express-pouchdb.

import http from "node:http";
import path from "node:path";

import express from "express";
import expressPouchDB from "express-pouchdb";
import PouchDB from "pouchdb";

import { isWhole, orders } from "../plant.mjs";
import { now } from "../samples.mjs";
import { step } from "../work.mjs";

export const about = {
  title: "PouchDB with express-pouchdb",
  packages: ["pouchdb", "express-pouchdb"],
  durable: "LevelDB on both sides, which does not wait for the disk",
  authorized: "no",
  shape: "one JSON document per order; a push sends the last revision of each, and nothing is decided on the server",
};

/** More than the default of 100 documents a request, which is slower here. */
const BATCH = { batch_size: 1000 };

export async function server({ directory }) {
  const Stored = PouchDB.defaults({ prefix: directory + path.sep });
  const database = new Stored("orders");
  const app = express();
  app.use("/", expressPouchDB(Stored, { mode: "minimumForPouchDB", inMemoryConfig: true, logPath: path.join(directory, "log.txt") }));
  return {
    async fill() {
      const rows = await database.bulkDocs(orders().map((order) => ({ _id: order.number, ...order })));
      return rows.map((row) => row.id);
    },
    listen: () => listen(app),
    async reports(ids) {
      const { rows } = await database.allDocs({ keys: ids, include_docs: true });
      return rows.reduce((sum, row) => sum + row.doc.reports.length, 0);
    },
  };
}

async function listen(app) {
  const listening = http.createServer(app);
  listening.keepAliveTimeout = 60_000;
  await new Promise((resolve) => listening.listen(0, "127.0.0.1", resolve));
  return listening.address().port;
}

export async function client({ directory, port, ids }, tell) {
  const local = new PouchDB(path.join(directory, "orders"));
  const remote = new PouchDB(`http://127.0.0.1:${port}/orders`, { skip_setup: true });
  let live;
  return {
    async first() {
      await local.replicate.from(remote, BATCH);
    },
    async count() {
      const { rows } = await local.allDocs({ include_docs: true });
      return rows.filter((row) => isWhole(row.doc)).length;
    },
    async disconnect() {
      live?.cancel();
      live = undefined;
    },
    async reconnect() {
      const begun = now();
      await local.sync(remote, BATCH);
      return { begun, ended: now() };
    },
    /** The steps, each stored before the next. */
    async enter(places, steps) {
      for (let n = 0; n < steps; n++) {
        for (const place of places) {
          const document = await local.get(ids[place]);
          change(document, step(n, steps, `${place}-${n}`));
          await local.put(document);
        }
      }
    },
    async push() {
      const begun = now();
      const { docs_written, doc_write_failures } = await local.replicate.to(remote, BATCH);
      if (doc_write_failures > 0) throw new Error(`${doc_write_failures} of ${docs_written} documents were refused`);
      return { begun, ended: now() };
    },
    async live() {
      live = local.sync(remote, { ...BATCH, live: true, retry: true });
      // It has caught up when it pauses for the first time.
      await new Promise((resolve) => live.once("paused", resolve));
      local.changes({ live: true, since: "now", include_docs: true }).on("change", ({ doc }) => {
        tell({ heard: doc.reports.at(-1)?.id, at: now() });
      });
    },
    async report(place, report) {
      const pressed = now();
      const document = await local.get(ids[place]);
      change(document, { report });
      await local.put(document);
      return pressed;
    },
  };
}

function change(document, { state, report }) {
  if (report) document.reports.push(report);
  else document.operations[0].state = state;
}

/** They hear of changes, with the document, and keep nothing. */
export async function listeners({ port, count }, tell) {
  const feeds = [];
  return {
    async join(patience) {
      const begun = now();
      for (let n = 0; n < count && now() - begun < patience; n++) {
        const remote = new PouchDB(`http://127.0.0.1:${port}/orders`, { skip_setup: true });
        const { update_seq: since } = await remote.info();
        const feed = remote.changes({ live: true, since, include_docs: true, timeout: false });
        feed.on("change", ({ doc }) => tell({ heard: doc.reports.at(-1)?.id, at: now(), listener: n }));
        feeds.push(feed);
      }
      return feeds.length;
    },
    progress: () => feeds.length,
  };
}

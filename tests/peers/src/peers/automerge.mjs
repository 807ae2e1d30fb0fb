// automerge-repo: an Automerge document per order, over its WebSocket adapters.

import http from "node:http";
import path from "node:path";

import * as Automerge from "@automerge/automerge";
import { Repo, generateAutomergeUrl, parseAutomergeUrl } from "@automerge/automerge-repo";
import { WebSocketClientAdapter, WebSocketServerAdapter } from "@automerge/automerge-repo-network-websocket";
import { NodeFSStorageAdapter } from "@automerge/automerge-repo-storage-nodefs";
import { WebSocketServer } from "ws";

import { isWhole, orders } from "../plant.mjs";
import { now } from "../samples.mjs";
import { step } from "../work.mjs";

export const about = {
  title: "automerge-repo",
  packages: ["@automerge/automerge-repo", "@automerge/automerge"],
  durable: "files on both sides (its NodeFS adapter), which does not wait for the disk",
  authorized: "no; whoever knows a document's address may read and write it",
  shape: "10,000 Automerge documents over one WebSocket; listeners open the 100 orders that are reported on",
};

/** Asked for at once: with all of them it answers nothing else for minutes. */
const AT_ONCE = 200;

export async function server({ directory }) {
  const listening = http.createServer();
  const sockets = new WebSocketServer({ server: listening });
  const storage = new NodeFSStorageAdapter(path.join(directory, "documents"));
  const repo = new Repo({
    network: [new WebSocketServerAdapter(sockets)],
    storage,
    // As its own sync server: documents are handed to whoever asks for them, and not announced.
    sharePolicy: async () => false,
  });
  return {
    /** The files that `repo.create` makes, without its minutes for so many. */
    async fill() {
      const urls = [];
      for (const order of orders()) {
        const url = generateAutomergeUrl();
        const document = Automerge.save(Automerge.from(order));
        await storage.save([parseAutomergeUrl(url).documentId, "snapshot", "filled"], document);
        urls.push(url);
      }
      return urls;
    },
    async listen() {
      await new Promise((resolve) => listening.listen(0, "127.0.0.1", resolve));
      return listening.address().port;
    },
    async reports(ids) {
      const handles = await Promise.all(ids.map((id) => repo.find(id)));
      return handles.reduce((sum, handle) => sum + handle.doc().reports.length, 0);
    },
  };
}

function change(handle, { state, report }) {
  handle.change((order) => {
    if (report) order.reports.push(report);
    else order.operations[0].state = state;
  });
}

/** A connection that can be ended and made again. */
function connected(port, storage) {
  const adapter = new WebSocketClientAdapter(`ws://127.0.0.1:${port}`);
  const repo = new Repo({ network: [adapter], storage });
  // Who asks for a document before the server is there is told that there is none.
  return { adapter, repo, met: meeting(repo) };
}

const meeting = (repo) => new Promise((resolve) => repo.networkSubsystem.once("peer", resolve));

/** It does not say when it is in step: whoever called looks at the line. */
async function connectAgain({ adapter, repo }) {
  const begun = now();
  const met = meeting(repo);
  adapter.connect(repo.peerId, adapter.peerMetadata);
  await met;
  return { begun };
}

export async function client({ directory, port, ids }, tell) {
  const { adapter, repo, met } = connected(port, new NodeFSStorageAdapter(path.join(directory, "documents")));
  const handles = new Array(ids.length);
  let ready = 0;
  const find = async (place) => {
    handles[place] = await repo.find(ids[place]);
    ready++;
  };
  return {
    /** All, unless only some places are named. */
    async first(wanted) {
      await met;
      const places = wanted ?? ids.map((_, place) => place);
      for (let from = 0; from < places.length; from += AT_ONCE) {
        await Promise.all(places.slice(from, from + AT_ONCE).map(find));
      }
      await repo.flush();
    },
    progress: () => ready,
    count: () => handles.filter((handle) => isWhole(handle?.doc())).length,
    async disconnect() {
      adapter.disconnect();
    },
    reconnect: () => connectAgain({ adapter, repo }),
    async enter(places, steps) {
      for (let n = 0; n < steps; n++) {
        for (const place of places) change(handles[place], step(n, steps, `${place}-${n}`));
      }
      await repo.flush();
    },
    push: () => connectAgain({ adapter, repo }),
    live() {
      for (const handle of handles.filter(Boolean)) {
        handle.on("change", () => tell({ heard: handle.doc().reports.at(-1)?.id, at: now() }));
      }
    },
    report(place, report) {
      const pressed = now();
      change(handles[place], { report });
      return pressed;
    },
  };
}

/** Each with a repository of its own, in memory. */
export async function listeners({ port, ids, places, count }, tell) {
  const joined = [];
  return {
    async join(patience) {
      const begun = now();
      for (let n = 0; n < count && now() - begun < patience; n++) {
        const { repo, met } = connected(port);
        await met;
        const handles = await Promise.all(places.map((place) => repo.find(ids[place])));
        for (const handle of handles) {
          handle.on("change", () => tell({ heard: handle.doc().reports.at(-1)?.id, at: now(), listener: n }));
        }
        joined.push(repo);
      }
      return joined.length;
    },
    progress: () => joined.length,
  };
}

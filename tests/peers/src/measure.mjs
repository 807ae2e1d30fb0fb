// What is measured of one peer, in the units of our own rows.

import fs from "node:fs";
import path from "node:path";

import { Gate } from "./gate.mjs";
import { ORDERS, released } from "./plant.mjs";
import { Program } from "./program.mjs";
import { now, percentile, sleep } from "./samples.mjs";
import { report, reportsAmong } from "./work.mjs";

/** What a peer has not done in this time counts as not done. */
const PATIENCE = 60_000;
const FIRST_SYNCS = 3;
/** One that takes longer than this is not measured again. */
const SLOW = 15_000;
const RECONNECTS = 10;
const EDITED = 200;
const STEPS = 50;
const REPORTS = 120;
/** One that is slow in telling gets this long, and no fewer than so many reports. */
const ENOUGH = 15_000;
const REPORTS_MIN = 30;
const WARM_UP = 10;
const PAUSE = 40;
const LISTENERS = 100;
/** So long listeners may take to join; those that have joined by then are measured with. */
const JOINING = 25_000;
/** A line on which nothing passes for so long is quiet. */
const QUIET = 400;
const AFTERMATH = 50;

const MEGABYTE = 1e6;

/** The orders of each measurement, as in our own. */
const TOLD = released(500, 100);
const RELAYED = released(1_000, 100);
const PUSHED = released(2_000, EDITED);
const worked = () => [...TOLD, ...RELAYED, ...PUSHED];

/** A peer could not do something in bounded time; `reached` says how far it came. */
class TooLong extends Error {}

async function within(promise, what, progress, patience = PATIENCE) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(async () => {
      const reached = await Promise.race([Promise.resolve(progress?.()).catch(() => undefined), sleep(5_000)]);
      reject(new TooLong(`${what}: not done after ${patience / 1000} s${reached === undefined ? "" : `, ${reached} reached`}`));
    }, patience);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Measures one peer with files in a directory: `figures` by the names of our rows, `notes` of what was not reached. */
export async function measure(peer, directory, say) {
  const bench = new Bench(peer, directory, say);
  try {
    await bench.run();
  } catch (error) {
    // What it has shown before stays.
    bench.note(error instanceof TooLong ? error.message : `failed: ${error.message.split("\n")[0]}`);
  } finally {
    await bench.end();
  }
  return { figures: bench.figures, notes: bench.notes };
}

class Bench {
  figures = {};
  notes = [];
  #programs = [];
  #directory;

  constructor(peer, directory, say) {
    this.peer = peer;
    this.#directory = path.join(directory, peer);
    this.say = (what) => say(`${peer}: ${what}`);
  }

  note(what) {
    this.say(what);
    this.notes.push(what);
  }

  async start(role, options) {
    const directory = path.join(this.#directory, options.name);
    fs.mkdirSync(directory, { recursive: true });
    const program = await Program.start(this.peer, role, { ...options, directory });
    this.#programs.push(program);
    return program;
  }

  async end() {
    await Promise.all(this.#programs.map((program) => program.end()));
    this.gate?.close();
  }

  async run() {
    const filling = await this.start("server", { name: "server" });
    this.ids = await within(filling.call("fill"), "filling the server", undefined, 4 * PATIENCE);
    await sleep(500);
    await filling.end();
    // What filling left in its memory goes.
    this.server = await this.start("server", { name: "server" });
    const port = await this.server.call("listen");
    this.gate = await Gate.before(port);
    this.say(`${ORDERS} orders on the server, which has ${megabytes(this.server.memory)} MB`);

    const [away, other] = await this.firstSyncs();
    await this.reconnects(away);
    await this.push(away);
    await this.relay(away, other);
    await this.fanOut(away, port);
  }

  /** Two clients stay; those of a peer that is too slow have only the orders that are worked on. */
  async firstSyncs() {
    const [took, clients] = [[], []];
    let places;
    for (let n = 0; n < FIRST_SYNCS; n++) {
      const client = await this.start("client", { name: `client-${n}`, port: this.gate.port, ids: this.ids });
      clients.push(client);
      if (clients.length > 2) await clients.shift().end();
      const [before, begun] = [this.gate.bytes, now()];
      try {
        await within(client.call("first", places), "first sync", () => client.call("progress"));
      } catch (error) {
        if (!(error instanceof TooLong) || places) throw error;
        this.note(error.message);
        await clients.pop().end();
        places = worked();
        continue;
      }
      const here = await client.call("count");
      if (here !== (places?.length ?? ORDERS)) throw new Error(`a client has ${here} orders after its first sync`);
      if (places) continue;
      took.push(now() - begun);
      this.figures["initial-sync-native"] = percentile(took, 50) / 1000;
      this.figures["initial-sync-bytes"] = (this.gate.bytes - before) / MEGABYTE;
      this.figures["client-memory"] = megabytes(client.memory);
      this.say(`first sync: ${seconds(took.at(-1))} s, ${this.gate.bytes - before} bytes`);
      // The second client is needed, also of one that is slow.
      if (took[0] > SLOW) places = worked();
      if (took.length === 1 && places) n = FIRST_SYNCS - 2;
    }
    if (places) this.say(`from here on a client has ${places.length} orders`);
    return clients;
  }

  async reconnects(client) {
    const [took, bytes] = [[], []];
    const begun = now();
    for (let n = 0; n < RECONNECTS && now() - begun < PATIENCE / 4; n++) {
      await client.call("disconnect");
      await sleep(AFTERMATH);
      const before = this.gate.bytes;
      took.push(await this.inStep(client, "reconnect"));
      await sleep(AFTERMATH);
      bytes.push(this.gate.bytes - before);
    }
    this.figures["reconnect-time"] = percentile(took, 50);
    this.figures["reconnect-bytes"] = percentile(bytes, 50);
    this.say(`reconnect: ${percentile(took, 50).toFixed(1)} ms, ${percentile(bytes, 50)} bytes`);
  }

  /** How long a call took until the client was in step; where the client cannot say, until the line was quiet. */
  async inStep(client, call) {
    const { begun, ended } = await within(client.call(call), call);
    return (ended ?? (await this.gate.quiet(QUIET))) - begun;
  }

  async push(client) {
    const places = PUSHED;
    const ids = places.map((place) => this.ids[place]);
    await client.call("disconnect");
    const before = await this.server.call("reports", ids);
    const begun = now();
    await within(client.call("enter", places, STEPS), "entering");
    this.say(`${EDITED * STEPS} edits entered in ${seconds(now() - begun)} s`);
    const bytes = this.gate.bytes;
    const expected = before + EDITED * reportsAmong(STEPS);
    const pushed = await within(client.call("push"), "push");
    // Some say that they are in step before the server has everything.
    const ended = await within(this.arrived(ids, expected), "push", async () => this.server.call("reports", ids));
    const took = Math.max(ended, pushed.ended ?? 0) - pushed.begun;
    this.figures["push-10000-edits"] = took / 1000;
    this.say(`push: ${seconds(took)} s, ${this.gate.bytes - bytes} bytes`);
  }

  /** When the server has so many reports on these orders. */
  async arrived(ids, expected) {
    while ((await this.server.call("reports", ids)) !== expected) await sleep(10);
    return now();
  }

  async relay(from, to) {
    await within(Promise.all([from.call("live"), to.call("live")]), "going live");
    const places = RELAYED;
    const took = await this.reportsOf(from, places, (hear) => {
      to.onEvent(hear);
      return 1;
    });
    this.percentiles("relay", took);
    to.onEvent(() => {});
  }

  async fanOut(from, port) {
    const places = TOLD;
    // In one process they would wait for each other, and this machine has two cores.
    const halves = [];
    for (const name of ["listeners-0", "listeners-1"]) {
      halves.push(await this.start("listeners", { name, port, ids: this.ids, places, count: LISTENERS / 2 }));
    }
    const joining = halves.map((half) => within(half.call("join", JOINING), "listeners join", () => half.call("progress")));
    const count = (await Promise.all(joining)).reduce((sum, count) => sum + count, 0);
    if (count < LISTENERS) this.note(`fan-out and server memory with ${count} listeners: more did not join in ${JOINING / 1000} s`);
    const joined = this.server.memory;
    this.figures["server-memory"] = megabytes(joined);
    this.say(`server memory with ${count} listeners: ${megabytes(joined)} MB`);
    const took = await this.reportsOf(from, places, (hear) => {
      for (const half of halves) half.onEvent(hear);
      return count;
    });
    this.percentiles("fan-out", took);
    this.figures["server-memory"] = megabytes(Math.max(joined, this.server.memory));
  }

  /** Enters reports one after the other, and gives how long each took until the last had heard it. */
  async reportsOf(from, places, listen) {
    let waiting;
    const count = listen(({ heard, at }) => {
      if (heard !== waiting?.id) return;
      waiting.last = Math.max(waiting.last, at);
      if (--waiting.missing === 0) waiting.done();
    });
    const took = [];
    const begun = now();
    for (let n = 0; n < REPORTS + WARM_UP; n++) {
      if (took.length >= REPORTS_MIN && now() - begun > ENOUGH) break;
      await sleep(PAUSE);
      const id = `${count}-${n}`;
      const all = new Promise((done) => (waiting = { id, missing: count, last: 0, done }));
      const pressed = await from.call("report", places[n % places.length], report(id));
      await within(all, `report ${n}`, () => count - waiting.missing);
      if (n >= WARM_UP) took.push(waiting.last - pressed);
    }
    return took;
  }

  percentiles(name, took) {
    for (const percent of [50, 99]) this.figures[`${name}-p${percent}`] = percentile(took, percent);
    this.say(`${name}: p50 ${percentile(took, 50).toFixed(2)} ms, p99 ${percentile(took, 99).toFixed(2)} ms`);
  }
}

const megabytes = (bytes) => Math.round(bytes / 1e5) / 10;
const seconds = (millis) => (millis / 1000).toFixed(2);

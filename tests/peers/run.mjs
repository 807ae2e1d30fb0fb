// ./dev bench peers: measures other sync engines with our work and puts them beside our figures.
//
// node run.mjs [--ours FILE] [--json] [PEER…]
// FILE is what `bench --json` printed in the same run. Progress goes to standard error.

import { createRequire } from "node:module";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { measure } from "./src/measure.mjs";
import { peers } from "./src/peers.mjs";
import { compare, markdown } from "./src/table.mjs";

const { values, positionals } = parseArgs({
  options: { ours: { type: "string" }, json: { type: "boolean", default: false } },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : Object.keys(peers);
for (const name of names) {
  if (!peers[name]) {
    console.error(`there is no peer "${name}"; there are: ${Object.keys(peers).join(", ")}`);
    process.exit(2);
  }
}

const begun = Date.now();
const say = (what) => console.error(`${((Date.now() - begun) / 1000).toFixed(1).padStart(6)} s  ${what}`);

const rows = values.ours ? JSON.parse(fs.readFileSync(values.ours, "utf8")) : [];
const ours = Object.fromEntries(rows.map((row) => [row.name, row.value]));
const machine = { date: new Date().toISOString(), node: process.version, cores: os.cpus().length, load: os.loadavg()[0] };
say(`${machine.cores} cores, Node ${machine.node}; the load before is ${machine.load.toFixed(2)}`);

// Removed at the end of all: taking ten thousand files away would disturb the next peer.
const directory = fs.mkdtempSync(path.join(os.tmpdir(), "unison-peers-"));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));
process.on("exit", () => fs.rmSync(directory, { recursive: true, force: true }));
const measured = {};
for (const name of names) {
  const { about } = await peers[name]();
  measured[name] = { ...about, versions: versions(about.packages), ...(await measure(name, directory, say)) };
}
const compared = compare(ours, measured);

if (values.json) {
  console.log(JSON.stringify({ machine, rows: compared, peers: measured }));
} else {
  console.log(markdown(compared, names));
  for (const name of names) {
    const { title, versions, durable, authorized, shape, notes } = measured[name];
    console.log(`${name}: ${title}; ${versions.join(", ")}`);
    for (const line of [`durable: ${durable}`, `authorized: ${authorized}`, shape, ...notes]) console.log(`  ${line}`);
  }
}
process.exit(Object.values(measured).some(({ notes }) => notes.some((note) => note.startsWith("failed"))) ? 1 : 0);

function versions(packages) {
  const modules = path.join(path.dirname(fileURLToPath(import.meta.url)), "node_modules");
  const require = createRequire(import.meta.url);
  return packages.map((name) => `${name} ${require(path.join(modules, name, "package.json")).version}`);
}

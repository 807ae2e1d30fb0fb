// The inside of a Program: makes a server, a client or listeners of one peer and does what it is told.

import { peers } from "./peers.mjs";

const [name, role] = process.argv.slice(2);
const peer = await peers[name]();
const tell = (event) => process.send({ event });

let part;
const open = {
  server: (options) => peer.server(options),
  client: (options) => peer.client(options, tell),
  listeners: (options) => peer.listeners(options, tell),
};

process.on("message", async ({ call, name, args }) => {
  try {
    if (name === "open") {
      part = await open[role](...args);
      process.send({ call });
    } else {
      process.send({ call, result: await part[name](...args) });
    }
  } catch (error) {
    process.send({ call, error: error?.stack ?? String(error) });
  }
});
process.on("disconnect", () => process.exit());
// A peer's own noise belongs to what was measured, not to what is printed.
process.on("unhandledRejection", (error) => console.error(`${name} ${role}:`, error));

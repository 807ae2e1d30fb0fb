// The network between clients and a server: counts what passes, and remembers when the last byte did.

import net from "node:net";

import { now, sleep } from "./samples.mjs";

export class Gate {
  #bytes = 0;
  #last = 0;
  #server;

  static async before(port) {
    const gate = new Gate();
    gate.#server = net.createServer((client) => gate.#pass(client, net.connect({ port, host: "127.0.0.1" })));
    await new Promise((resolve) => gate.#server.listen(0, "127.0.0.1", resolve));
    return gate;
  }

  get port() {
    return this.#server.address().port;
  }

  /** All bytes of both directions since the start, without the headers of TCP and IP. */
  get bytes() {
    return this.#bytes;
  }

  /** Waits until nothing has passed for so long; gives the time of the last byte. */
  async quiet(millis) {
    this.#last = now();
    while (now() - this.#last < millis) await sleep(5);
    return this.#last;
  }

  close() {
    this.#server.close();
  }

  #pass(client, server) {
    for (const [from, to] of [[client, server], [server, client]]) {
      from.setNoDelay(true);
      from.on("data", (bytes) => {
        this.#bytes += bytes.length;
        this.#last = now();
        if (!to.write(bytes)) {
          from.pause();
          to.once("drain", () => from.resume());
        }
      });
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
  }
}

// A part of a measurement in a process of its own: calls and answers by messages.

import { fork } from "node:child_process";
import fs from "node:fs";
import { fileURLToPath } from "node:url";

const HOST = fileURLToPath(new URL("host.mjs", import.meta.url));

export class Program {
  #child;
  #calls = new Map();
  #hear = () => {};
  #next = 0;

  /** `role` is "server", "client" or "listeners". */
  static async start(peer, role, options) {
    const program = new Program();
    program.#child = fork(HOST, [peer, role], { execArgv: ["--max-old-space-size=8192", "--no-warnings"], stdio: ["ignore", 2, 2, "ipc"] });
    program.#child.on("message", ({ call, result, error, event }) => {
      if (event) return program.#hear(event);
      const waiting = program.#calls.get(call);
      program.#calls.delete(call);
      if (error) waiting?.reject(new Error(error));
      else waiting?.resolve(result);
    });
    program.#child.on("exit", (code, signal) => {
      for (const { reject } of program.#calls.values()) reject(new Error(`the ${role} ended with ${code ?? signal}`));
      program.#calls.clear();
    });
    await program.call("open", options);
    return program;
  }

  call(name, ...args) {
    const call = this.#next++;
    return new Promise((resolve, reject) => {
      this.#calls.set(call, { resolve, reject });
      this.#child.send({ call, name, args }, (error) => error && reject(error));
    });
  }

  onEvent(hear) {
    this.#hear = hear;
  }

  /** Resident memory in bytes. */
  get memory() {
    const status = fs.readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) * 1024;
  }

  /** Ends it, however busy it is. */
  async end() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGKILL");
    await ended;
  }
}

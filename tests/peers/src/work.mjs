// What an operator does at a machine, as in src/bench/work.rs: a start, then two reports, a pause and a
// resumption again and again, and at the end a finish.

import { OPERATION } from "./plant.mjs";

/** The `n`th of `count` steps on an order: what its first operation becomes, or what is reported. */
export function step(n, count, id) {
  if (n === 0) return { state: "running" };
  if (n + 1 === count) return { state: "finished" };
  switch (n % 4) {
    case 1:
    case 2:
      return { report: report(id) };
    case 3:
      return { state: "paused" };
    default:
      return { state: "running" };
  }
}

/** Three good pieces. */
export const report = (id) => ({ id, operation: OPERATION, good: 3, by: "operator" });

/** How many of the steps are reports. */
export const reportsAmong = (count) =>
  Array.from({ length: count }, (_, n) => step(n, count, "")).filter((step) => step.report).length;

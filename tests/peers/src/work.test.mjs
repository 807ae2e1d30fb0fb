import assert from "node:assert/strict";
import test from "node:test";

import { ORDERS, isWhole, orders, released, state } from "./plant.mjs";
import { percentile } from "./samples.mjs";
import { reportsAmong, step } from "./work.mjs";

test("half of the orders are planned, four in ten released, one in ten begun", () => {
  const counts = { planned: 0, released: 0, in_progress: 0 };
  for (let n = 0; n < ORDERS; n++) counts[state(n)]++;
  assert.deepEqual(counts, { planned: 5000, released: 4000, in_progress: 1000 });
});

test("every order has three operations and only those on the floor have five lines of material", () => {
  for (const order of orders()) {
    assert.ok(isWhole(order));
    assert.equal(order.materials.length, order.state === "planned" ? 0 : 5);
  }
});

test("orders are not one row again and again", () => {
  const rows = new Set(orders().map(({ number, ...rest }) => JSON.stringify(rest)));
  assert.ok(rows.size > 5000, `${rows.size} different orders`);
});

test("the work of one measurement leaves the orders of another alone", () => {
  const [pushed, relayed, told] = [released(2000, 200), released(1000, 100), released(500, 100)];
  assert.equal(new Set([...pushed, ...relayed, ...told]).size, 400);
});

test("fifty steps begin with a start, end with a finish and have 24 reports", () => {
  assert.deepEqual(step(0, 50, "x"), { state: "running" });
  assert.deepEqual(step(49, 50, "x"), { state: "finished" });
  assert.equal(reportsAmong(50), 24);
});

test("a percentile is one of the measurements", () => {
  const samples = Array.from({ length: 200 }, (_, n) => 200 - n);
  assert.deepEqual([50, 99, 100].map((percent) => percentile(samples, percent)), [100, 198, 200]);
});

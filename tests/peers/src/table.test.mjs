import assert from "node:assert/strict";
import test from "node:test";

import { compare, markdown } from "./table.mjs";

test("a figure stands beside ours with how many times ours it is", () => {
  const rows = compare({ "relay-p50": 8 }, { other: { figures: { "relay-p50": 4.123 } } });
  const row = rows.find((row) => row.name === "relay-p50");
  assert.deepEqual(row, { name: "relay-p50", unit: "ms", ours: 8, peers: { other: { value: 4.12, ratio: 0.52 } } });
});

test("what a peer did not reach is said and has no ratio", () => {
  const rows = compare({ "relay-p50": 8 }, { other: { figures: {} } });
  assert.match(markdown(rows, ["other"]), /`relay-p50` \| 8 ms \| not reached \|/);
});

test("a figure stands alone where ours was not measured", () => {
  const rows = compare({}, { other: { figures: { "reconnect-bytes": 3601.4 } } });
  assert.match(markdown(rows, ["other"]), /`reconnect-bytes` \| – \| 3601 B \|/);
});

// The figures side by side, each peer's with what it is of ours.

export const ROWS = [
  ["initial-sync-native", "s"],
  ["initial-sync-bytes", "MB"],
  ["reconnect-time", "ms"],
  ["reconnect-bytes", "B"],
  ["push-10000-edits", "s"],
  ["relay-p50", "ms"],
  ["relay-p99", "ms"],
  ["fan-out-p50", "ms"],
  ["fan-out-p99", "ms"],
  ["server-memory", "MB"],
  ["client-memory", "MB"],
];

/** `ours` by row; `measured` by peer: its figures by row. */
export function compare(ours, measured) {
  return ROWS.map(([name, unit]) => ({
    name,
    unit,
    ours: ours[name] ?? null,
    peers: Object.fromEntries(Object.entries(measured).map(([peer, { figures }]) => [peer, beside(figures[name], ours[name])])),
  }));
}

function beside(figure, ours) {
  if (figure === undefined) return null;
  return { value: rounded(figure), ratio: ours ? Math.round((figure / ours) * 100) / 100 : null };
}

/** Three digits, as more are noise; whole numbers stay whole. */
function rounded(figure) {
  return Math.abs(figure) >= 100 ? Math.round(figure) : Number(figure.toPrecision(3));
}

/** As Markdown, because it goes into docs/benchmarks.md. */
export function markdown(rows, names) {
  const line = (cells) => `| ${cells.join(" | ")} |\n`;
  let table = line(["Row", "Ours", ...names]) + line(["---", ...Array(names.length + 1).fill("---:")]);
  for (const { name, unit, ours, peers } of rows) {
    const cells = names.map((peer) => {
      const cell = peers[peer];
      if (!cell) return "not reached";
      return `${cell.value} ${unit}${cell.ratio === null ? "" : ` (${cell.ratio}×)`}`;
    });
    table += line([`\`${name}\``, ours === null ? "–" : `${rounded(ours)} ${unit}`, ...cells]);
  }
  return table;
}

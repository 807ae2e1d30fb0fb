// Many measurements of one thing.

/** The smallest that so many percent of all do not exceed; nothing where there are none. */
export function percentile(samples, percent) {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
}

/** Milliseconds by the clock that all processes of this machine share and no one can set. */
export const now = () => Number(process.hrtime.bigint()) / 1e6;

export const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

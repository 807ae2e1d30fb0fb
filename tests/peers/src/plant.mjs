// The plant of src/bench/plant.rs as plain objects: the same numbers, states, operations and materials.

export const ORDERS = 10_000;
export const OPERATION = 10;

const PRODUCTS = 40;
const PARTS = 80;
const LINES = 5;
const WORK_CENTERS = ["SAW", "LASER", "WELD", "COAT", "ASM", "PACK"];
const OPERATIONS = [[OPERATION, "Cut to length"], [20, "Weld and grind"], [30, "Inspect and pack"]];

const pad = (number, digits) => String(number).padStart(digits, "0");

/** Half planned, four in ten released, one in ten begun. */
export function state(n) {
  if (n % 10 < 5) return "planned";
  return n % 10 < 9 ? "released" : "in_progress";
}

export function order(n) {
  const product = n % PRODUCTS;
  const quantity = 200 + (n % 9) * 50;
  const materials = [];
  if (state(n) !== "planned") {
    for (let line = 0; line < LINES; line++) {
      const component = `RM-${pad((product * 7 + line * 11) % PARTS, 4)}`;
      materials.push({ line: (line + 1) * 10, component, quantity: ((line % 3) + 1) * quantity });
    }
  }
  return {
    number: `WO-${pad(n + 1, 6)}`,
    material: `FG-${pad(product, 4)}`,
    title: `Bracket assembly ${pad(product, 3)} for customer ${pad(n % 311, 3)}`,
    quantity,
    state: state(n),
    priority: (n % 9) + 1,
    created_on: "2026-09-15",
    due_on: `2026-${(Math.floor(n / 28) % 3) + 10}-${pad((n % 28) + 1, 2)}`,
    destination: "Finished",
    operations: OPERATIONS.map(([number, name], place) => ({
      number,
      name,
      work_center: WORK_CENTERS[(product + place) % WORK_CENTERS.length],
      setup_minutes: 15,
      run_minutes: 2.5,
      state: "open",
    })),
    materials,
    // Those that are begun have 40 pieces.
    reports: state(n) === "in_progress" ? [{ id: `first-${n}`, operation: OPERATION, good: 40, by: "import" }] : [],
  };
}

export const orders = () => Array.from({ length: ORDERS }, (_, n) => order(n));

/** The places of released orders, in the order of their numbers, after the first `skip`. */
export function released(skip, count) {
  const places = [];
  for (let n = 0; n < ORDERS; n++) if (state(n) === "released") places.push(n);
  return places.slice(skip, skip + count);
}

/** Whether what came is a whole order; a document that is still empty is not. */
export const isWhole = (order) => order?.number !== undefined && order.operations?.length === OPERATIONS.length;

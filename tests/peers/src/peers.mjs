// The peers by name. Loaded where they are needed: each process has only the code of one.

export const peers = {
  pouchdb: () => import("./peers/pouchdb.mjs"),
  hocuspocus: async () => (await import("./peers/hocuspocus.mjs")).documentPerOrder,
  "hocuspocus-one": async () => (await import("./peers/hocuspocus.mjs")).oneDocument,
  "automerge-repo": () => import("./peers/automerge.mjs"),
};

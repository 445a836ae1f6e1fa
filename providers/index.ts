import type { Engine } from "../core/engine.ts";

/** Every engine by name, loaded when it is needed. */
export const ENGINES: ReadonlyMap<string, () => Promise<Engine>> = new Map([
  ["postgresql", async () => (await import("./postgresql/engine.ts")).postgresql],
  ["pgbouncer", async () => (await import("./pgbouncer/engine.ts")).pgbouncer],
  ["files", async () => (await import("./files/engine.ts")).files],
]);

/** A throw-away PostgreSQL server from the npm registry, for the demo, the tests and the benchmark. */
import { type ScratchServer, type ServerOptions, startServer } from "../providers/postgresql/scratch/server.ts";
import { binaries } from "./embedded/binaries.ts";

export { installMajor } from "./embedded/binaries.ts";

export type EmbeddedPostgres = ScratchServer;

export interface EmbeddedOptions extends ServerOptions {
  /** @default 18 */
  readonly major?: number;
}

/** Starts a server and resolves when it accepts connections, usually within a second. */
export async function startPostgres({ major = 18, ...options }: EmbeddedOptions = {}): Promise<EmbeddedPostgres> {
  return startServer(binaries(major), options);
}

/** A copy for a drill, made of a dump: on a throw-away server, or as a database of the server that the drill names. */
import { serverRefused } from "../../../core/backups/faults.ts";
import type { Copy, CopyContext, Manifest } from "../../../core/backups/model.ts";
import type { Client } from "../client.ts";
import { serverBinaries } from "../scratch/find.ts";
import { startServer } from "../scratch/server.ts";
import { openUrl } from "./around.ts";
import { dropDatabase } from "./drop-database.ts";
import { restoreDump } from "./restore.ts";

export async function copyDump(manifest: Manifest, context: CopyContext): Promise<Copy> {
  const { into, name } = context;
  const server = into === undefined ? await ownServer(manifest) : givenServer(into, name);
  try {
    // What a killed drill left there.
    if (into !== undefined) await server.stop();
    await restoreDump(manifest, { ...context, url: server.url, database: name, globals: true, overwrite: true });
  } catch (problem) {
    // Why it could not be made is what matters.
    await server.stop().catch(() => undefined);
    throw problem;
  }
  return { url: urlOf(server.url, name), database: name, stop: server.stop };
}

type Server = Pick<Copy, "url" | "stop">;

async function ownServer({ serverVersion }: Manifest): Promise<Server> {
  const server = await startServer(serverBinaries(Number.parseInt(serverVersion, 10)));
  return { url: server.url(), stop: server.stop };
}

/** The server stays, the database goes. */
function givenServer(url: string, database: string): Server {
  const within = (name: string): Promise<Client> => openUrl(urlOf(url, name));
  return {
    url,
    async stop() {
      const client = await openUrl(url);
      try {
        await dropDatabase(client, database, within);
      } catch (problem) {
        throw serverRefused(problem);
      } finally {
        await client.end();
      }
    },
  };
}

function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${encodeURIComponent(database)}`;
  return url.href;
}

/** A copy for a drill, made of a dump: on a throw-away server, or as a database of the server that the drill names. */
import type { Copy, CopyContext, Manifest } from "../../../core/backups/model.ts";
import { serverBinaries } from "../scratch/find.ts";
import { startServer } from "../scratch/server.ts";
import { openUrl } from "./around.ts";
import { dropDatabase } from "./new-database.ts";
import { restoreDump } from "./restore.ts";

export async function copyDump(manifest: Manifest, context: CopyContext): Promise<Copy> {
  const { into, name } = context;
  const server = into === undefined ? await ownServer(manifest) : givenServer(into, name);
  try {
    await restoreDump(manifest, { ...context, url: server.url, database: name, globals: true, overwrite: true });
  } catch (problem) {
    await server.stop();
    throw problem;
  }
  const url = new URL(server.url);
  url.pathname = `/${encodeURIComponent(name)}`;
  return { url: url.href, database: name, stop: server.stop };
}

type Server = Pick<Copy, "url" | "stop">;

async function ownServer({ serverVersion }: Manifest): Promise<Server> {
  const server = await startServer(serverBinaries(Number.parseInt(serverVersion, 10)));
  return { url: server.url(), stop: server.stop };
}

/** The server stays, the database goes. */
function givenServer(url: string, database: string): Server {
  return {
    url,
    async stop() {
      const client = await openUrl(url);
      try {
        await dropDatabase(client, database);
      } finally {
        await client.end();
      }
    },
  };
}

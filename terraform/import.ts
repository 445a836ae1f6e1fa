/** Takes a live system over: `terraform import datumline_declaration.warehouse env:DATABASE_URL`. */

import type { Catalog } from "../core/catalog.ts";
import { error } from "../core/diagnostic.ts";
import type { Ready } from "../core/doors/ready.ts";
import { emit } from "../core/emit/files.ts";
import { Refusal } from "../core/errors.ts";
import type { Json } from "../core/schema.ts";
import { ENGINES } from "../providers/index.ts";
import { ResourceSecrets, reached } from "./connection.ts";
import { thrown } from "./diagnostics.ts";
import { kept } from "./kept.ts";
import { fingerprintOf, look } from "./live.ts";
import type { State } from "./plugin/provider.ts";

/** The state is what `inspect` would write, so a declaration of the same shows no statements. */
export async function importing(id: string): Promise<State> {
  const secrets = new ResourceSecrets({ url: id });
  try {
    refusePassword(id);
    const ready = await liveSource(id, secrets);
    const { session, inspection } = await look(ready, secrets);
    await session.close();
    const documents = documentsOf(ready, inspection.catalog);
    const fingerprint = fingerprintOf(inspection, ready.engine);
    return {
      state: {
        spec: JSON.stringify({ documents }),
        values: null,
        url: null,
        password: null,
        mode: null,
        allow: null,
        max_drops: null,
        max_revokes: null,
        protect: null,
        plan_offline: null,
        changes: [],
        hazards: [],
        access: [],
        fingerprint,
      },
      private: kept({ connection: "spec", identity: inspection.target.identity, fingerprint }),
      diagnostics: [],
    };
  } catch (problem) {
    return { state: null, diagnostics: thrown(problem, secrets) };
  }
}

/** Whatever is imported under an id has that id in logs and in the history of a shell. */
function refusePassword(id: string): void {
  let password = "";
  try {
    const url = new URL(id);
    password = url.password || (url.searchParams.get("password") ?? "");
  } catch {
    return;
  }
  if (password === "") return;
  const detail =
    "Ids are logged, and stay in the history of a shell. Import `env:NAME`, a variable that holds the URL; or leave the password out and set PGPASSWORD. Change the password: it has been seen.";
  throw new Refusal([error("LITERAL_SECRET", "The id holds a password", { detail })]);
}

/** The data source that a URL names, with nothing declared in it; its connection is one that may be written down. */
export async function liveSource(url: string, secrets: ResourceSecrets): Promise<Ready> {
  const { engine: name, name: database, connection } = await reached(url, secrets, "the id");
  const engine = await (ENGINES.get(name) as () => Promise<Ready["engine"]>)();
  return {
    source: { name: database, engine: name, connection: connection.url ? { url: connection.url } : connection },
    origin: undefined,
    engine,
    url: undefined,
    declared: new Map(),
    estate: [],
  };
}

/** The documents that declare a catalog; first the data source itself. */
export function documentsOf({ source, engine }: Ready, catalog: Catalog): readonly Json[] {
  return emit(source, catalog, engine, "json").flatMap(({ text }) => JSON.parse(text) as Json[]);
}

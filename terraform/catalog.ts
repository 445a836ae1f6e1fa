/** `datumline_catalog`: what a live system holds, as documents. */

import type { Catalog } from "../core/catalog.ts";
import { kindOfObject } from "../core/change.ts";
import { ResourceSecrets, withPasswordBeside } from "./connection.ts";
import { thrown } from "./diagnostics.ts";
import { documentsOf, liveSource } from "./import.ts";
import { fingerprintOf, look } from "./live.ts";
import type { DataSource, State, Value, Values } from "./plugin/provider.ts";
import { CATALOG } from "./schemas.ts";

/** Without a URL: the engine's own variables say where. */
const SURROUNDING = "postgresql://";

export const catalog: DataSource = {
  schema: CATALOG,
  validate: async ({ url }) => ({
    diagnostics:
      typeof url === "string" && holdsPassword(url)
        ? [
            {
              severity: "error",
              summary: "LITERAL_SECRET: `url` holds a password",
              detail:
                "It would stand in the state. Write `env:NAME`, a variable that holds the URL, or leave the password out and set PGPASSWORD.",
              attribute: "url",
            },
          ]
        : [],
  }),
  read,
};

async function read(config: Values): Promise<State> {
  const url = text(config.url);
  const password = text(config.password);
  const secrets = new ResourceSecrets({ password, url });
  try {
    const named = await liveSource(url ?? SURROUNDING, secrets);
    const { source } = named;
    const ready =
      password === undefined
        ? named
        : { ...named, source: { ...source, connection: withPasswordBeside(source.connection) } };
    const { session, inspection } = await look(ready, secrets);
    await session.close();
    const { schemas } = config;
    const chosen = Array.isArray(schemas) ? within(inspection.catalog, new Set(schemas)) : inspection.catalog;
    return {
      state: {
        ...config,
        documents: JSON.stringify(documentsOf(named, chosen)),
        engine_version: inspection.target.version,
        fingerprint: fingerprintOf({ catalog: chosen }, ready.engine),
      },
      diagnostics: [],
    };
  } catch (problem) {
    return { state: null, diagnostics: thrown(problem, secrets).map((each) => ({ ...each, attribute: "url" })) };
  }
}

/** The schemas themselves, and what is in them. */
function within(all: Catalog, schemas: ReadonlySet<Value>): Catalog {
  return new Map(
    [...all].filter(([, object]) => {
      const { schema } = kindOfObject(object).scope(object.spec);
      return schema !== undefined && schemas.has(schema);
    }),
  );
}

function holdsPassword(url: string): boolean {
  try {
    const parsed = new URL(url);
    return parsed.password !== "" || parsed.searchParams.has("password");
  } catch {
    return false;
  }
}

function text(value: Value | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

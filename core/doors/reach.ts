/** A URL that stands for a connection: which system it names, and how it is reached again. */
import { error } from "../diagnostic.ts";
import type { Engine } from "../engine.ts";
import { Refusal } from "../errors.ts";
import type { Secrets } from "../secret.ts";
import type { DataSource } from "../specs.ts";

type Connection = DataSource["connection"];
type TlsMode = NonNullable<NonNullable<Connection["tls"]>["mode"]>;

export interface Reached {
  /** For the driver; never printed. */
  readonly url: string;
  readonly engine: string;
  /** Name of the data source where no document gives one: the database. */
  readonly name: string;
  /** What the URL says but its password, for plans and documents. */
  readonly connection: Connection;
  readonly hasPassword: boolean;
}

export interface ReachOptions {
  readonly engines: ReadonlyMap<string, () => Promise<Engine>>;
  readonly secrets: Secrets;
  /** What the user knows the URL as: `--url`. */
  readonly called: string;
}

/** Takes a URL, or `env:NAME` for a variable that holds one, apart; what is secret in it is hidden from then on. */
export async function reach(given: string, { engines, secrets, called }: ReachOptions): Promise<Reached> {
  const variable = /^env:(.+)$/.exec(given)?.[1];
  const url = variable === undefined ? given : await secrets.resolve({ env: variable });
  const parsed = parse(url, called);
  const password = parsed.password || (parsed.searchParams.get("password") ?? "");
  if (password !== "") secrets.hide(url);
  const engine = await engineOf(parsed.protocol.replace(/:$/, ""), engines);
  const connection = connectionOf(parsed);
  return {
    url,
    engine: engine.name,
    name: connection.database ?? engine.name,
    connection: { ...(variable !== undefined && { url: { env: variable } }), ...connection },
    hasPassword: password !== "",
  };
}

function parse(url: string, called: string): URL {
  try {
    return new URL(url);
  } catch {
    // Its text is not repeated: it holds a password more often than not.
    throw new Refusal([
      error("USAGE", `\`${called}\` is not a URL`, {
        detail:
          "It reads postgresql://USER:PASSWORD@HOST:PORT/DATABASE, or env:NAME for a variable that holds one; special characters of a password are percent-encoded.",
      }),
    ]);
  }
}

async function engineOf(scheme: string, engines: ReachOptions["engines"]): Promise<Engine> {
  const schemes: string[] = [];
  for (const load of engines.values()) {
    const engine = await load();
    if (engine.schemes.includes(scheme)) return engine;
    schemes.push(...engine.schemes);
  }
  const detail = `URLs begin with ${schemes.map((each) => `${each}://`).join(", ")}.`;
  throw new Refusal([error("UNKNOWN_ENGINE", `No engine speaks to URLs that begin with ${scheme}://`, { detail })]);
}

const TLS_MODES: readonly string[] = ["disable", "prefer", "require", "verify-ca", "verify-full"] satisfies TlsMode[];

function connectionOf(url: URL): Connection {
  const { searchParams } = url;
  const text = (value: string): string | undefined => (value === "" ? undefined : decodeURIComponent(value));
  const host = searchParams.get("host") ?? text(url.hostname.replace(/^\[|\]$/g, ""));
  const port = Number(searchParams.get("port") ?? url.port);
  const database = text(url.pathname.slice(1));
  const user = text(url.username) ?? searchParams.get("user") ?? undefined;
  const mode = searchParams.get("sslmode");
  return {
    ...(host !== undefined && { host }),
    ...(port > 0 && { port }),
    ...(database !== undefined && { database }),
    ...(user !== undefined && { user }),
    ...(mode !== null && TLS_MODES.includes(mode) && { tls: { mode: mode as TlsMode } }),
  };
}

/**
 * The declared data source, reached by the URL: how long it is waited for and tried stays, the declared replicas are those
 * of another place.
 */
export function reachedBy(
  { replicas: _, ...source }: DataSource,
  { connection }: Pick<Reached, "connection">,
): DataSource {
  const { connectTimeout, lockTimeout, retry } = source.connection;
  return {
    ...source,
    connection: {
      ...connection,
      ...(connectTimeout !== undefined && { connectTimeout }),
      ...(lockTimeout !== undefined && { lockTimeout }),
      ...(retry && { retry }),
    },
  };
}

/** What a document, or a URL, says of a connection, as the driver takes it. */
import type { ConnectionOptions as TlsOptions } from "node:tls";
import type { ClientConfig } from "pg";
import { error } from "../../core/diagnostic.ts";
import type { ConnectOptions } from "../../core/engine.ts";
import { Refusal } from "../../core/errors.ts";
import type { DataSource } from "../../core/specs.ts";

type Config = { [K in keyof ClientConfig]?: Exclude<ClientConfig[K], undefined> };

/** The fields, and over them what a URL says: that of the run, or the one that the document refers to. */
export async function configOf({ connection }: DataSource, { secret, url: instead }: ConnectOptions): Promise<Config> {
  const { host, port, database, user, password, tls, iam } = connection;
  const text = async (reference: typeof password): Promise<string | undefined> => reference && secret(reference);
  const url = instead ?? (await text(connection.url));
  const given = url === undefined ? undefined : fromUrl(url);
  const [ca, cert, key, login] = await Promise.all([tls?.ca, tls?.cert, tls?.key, password].map(text));
  const mode = given?.mode ?? tls?.mode ?? (iam ? "require" : "prefer");
  const fields = defined({ host, port, database, user, password: login, ...given?.config });
  return { ...fields, ...defined({ ssl: tlsOptions(mode, fields.host, defined({ ca, cert, key })) }) };
}

function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/**
 * libpq's modes; `prefer` is undefined: encrypted where the server can. Where names are checked nothing is said of how.
 * https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION
 */
function tlsOptions(mode: string, host: string | undefined, files: TlsOptions): TlsOptions | false | undefined {
  if (mode === "disable" || mode === "allow" || host?.startsWith("/")) return false;
  if (mode === "prefer") return undefined;
  if (mode === "require")
    return { ...files, rejectUnauthorized: files.ca !== undefined, checkServerIdentity: () => undefined };
  if (mode === "verify-ca") return { ...files, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  return { ...files, rejectUnauthorized: true };
}

function fromUrl(text: string): { readonly config: Config; readonly mode: string | undefined } {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    const detail =
      "It reads postgresql://USER:PASSWORD@HOST:PORT/DATABASE; special characters of a password are percent-encoded.";
    throw new Refusal([error("CONNECTION_FAILED", "The connection URL cannot be read", { detail })]);
  }
  const parameter = (name: string): string | undefined => url.searchParams.get(name) ?? undefined;
  const part = (value: string | null): string | undefined => (value ? decodeURIComponent(value) : undefined);
  const config = defined({
    host: parameter("host") ?? part(url.hostname.replace(/^\[|\]$/g, "")),
    port: Number(parameter("port") ?? url.port) || undefined,
    database: part(url.pathname.slice(1)),
    user: part(url.username) ?? parameter("user"),
    password: part(url.password) ?? parameter("password"),
  });
  return { config, mode: parameter("sslmode") };
}

/**
 * What libpq takes beside host, port, database, user and password; whatever is built upon it passes this on.
 * https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
 */
import { shellWord, shellWords } from "../shell.ts";
import type { ClientSettings, ClientTls, Endpoint, Supply } from "./model.ts";

export type Keywords = Readonly<Record<string, string>>;

export function keywords({ applicationName, connectTimeout, tls }: ClientSettings): Keywords {
  return { application_name: applicationName, connect_timeout: `${connectTimeout}`, ...tlsKeywords(tls) };
}

export function tlsKeywords({ mode, ca, cert, key }: ClientTls): Keywords {
  const root = ca ?? (mode === "verify-full" ? "system" : undefined);
  return {
    sslmode: mode,
    ...(root !== undefined && { sslrootcert: root }),
    ...(cert !== undefined && { sslcert: cert }),
    ...(key !== undefined && { sslkey: key }),
  };
}

/** Where is read: from replicas, and from the primary when none answers. */
export function readHosts({ replicas, host, port }: ClientSettings): readonly Endpoint[] {
  return [...replicas, { host, port }];
}

/** Several hosts are tried in order. */
export function addresses(at: readonly Endpoint[]): Keywords {
  return { host: at.map(({ host }) => host).join(","), port: at.map(({ port }) => port).join(",") };
}

/** A pool keeps to replicas as long as there is one. PostgreSQL 14 and newer on the client's side. */
export const READ_FROM_REPLICAS: Keywords = { target_session_attrs: "prefer-standby" };

/**
 * The file that libpq takes passwords from, made where the client runs from the variable that holds the password.
 * https://www.postgresql.org/docs/current/libpq-pgpass.html
 */
export function passfile(settings: ClientSettings): Supply | undefined {
  const { name, user, database, password } = settings;
  if (password === undefined) return undefined;
  const path = `${name.replace(/[^\w.-]/g, "_")}.pgpass`;
  // Of sockets it matches another name than the folder that they are in.
  const lines = readHosts(settings).map(({ host, port }) => [
    host.startsWith("/") ? "*" : host,
    `${port}`,
    database,
    user,
  ]);
  const logins = shellWords(lines.map((fields) => fields.map(escaped).join(":")));
  const secret = `"$(printenv ${shellWord(password)} | sed 's/[\\\\:]/\\\\&/g')"`;
  return {
    name: path,
    holds: `the password of ${user} in libpq's form, readable by nobody else`,
    command: `(umask 077; for login in ${logins}; do printf '%s:%s\\n' "$login" ${secret}; done > ${shellWord(path)})`,
  };
}

function escaped(field: string): string {
  return field === "*" ? field : field.replace(/[\\:]/g, "\\$&");
}

/** From a declared data source, and a pool where the client goes through one, to what a client is told; no I/O. */

import { error } from "../diagnostic.ts";
import { Refusal } from "../errors.ts";
import type { PoolMode } from "../pools/model.ts";
import { defaultPort } from "../ports.ts";
import { quantity } from "../quantity.ts";
import type { Schema } from "../schema.ts";
import { shellWord, shellWords } from "../shell.ts";
import { CLIENT_POOL, CONNECTION } from "../source-fields.ts";
import type { ConnectionPool, DataSource } from "../specs.ts";
import type { SecretReference } from "../sql.ts";
import type { ClientPool, ClientSettings, ClientTls, Supply } from "./model.ts";
import { printing, variable } from "./supply.ts";

/** A password by reference, or one that is given to the client in a way that the declaration does not know. */
export type Password = SecretReference | "elsewhere";

export interface ClientWish {
  readonly source: DataSource;
  /** The pool that the client goes through, and the pooler that has it. */
  readonly through?: {
    readonly pool: Pick<ConnectionPool, "name" | "users">;
    readonly pooler: DataSource;
    /** How it serves a user. */
    readonly modeFor: (user: string) => PoolMode;
  };
  /** Name under `clients` of the data source. */
  readonly client?: string;
  /** Role that it connects as. @default that of the declared client, or that of the data source */
  readonly user?: string;
  /** Password of a role, where it is known; that of the data source's own user is in its connection. */
  readonly passwords: (role: string) => Password | undefined;
}

type Connection = DataSource["connection"];

export function settingsOf(wish: ClientWish): ClientSettings {
  const { source, through } = wish;
  const { name, connection } = source;
  const client = declaredClient(wish);
  const reached = through?.pooler ?? source;
  const at = reached.connection;
  for (const each of new Set([source, reached])) refuseUrl(each);
  const user = known(wish.user ?? client?.user ?? connection.user, "user", name);
  const [host, port] = [at.host ?? "localhost", at.port ?? defaultPort(reached.engine)];
  const database = through?.pool.name ?? connection.database ?? user;
  refuseControls({ host, database, user });
  const login = loginOf(wish, user, { host, port });
  const tls = tlsOf(at, name);
  return {
    name,
    host,
    port,
    database,
    user,
    ...(login && { password: login.name }),
    tls: tls.tls,
    replicas: through ? [] : replicasOf(source),
    pool: poolOf(client?.pool ?? source.pool),
    pooled: isPooled(wish, user),
    applicationName: client?.name ?? name,
    connectTimeout: at.connectTimeout ?? Number(CONNECTION.properties?.connectTimeout?.default),
    environment: login ? [login] : [],
    files: tls.files,
    notes: [...tls.notes, ...notesOf(wish, user, { host, port })],
  };
}

/** Does a server connection go to somebody else before the client leaves? */
function isPooled({ through }: ClientWish, user: string): boolean {
  return through !== undefined && through.modeFor(user) !== "session";
}

function declaredClient({ source, client }: ClientWish): NonNullable<DataSource["clients"]>[number] | undefined {
  if (client === undefined) return undefined;
  const declared = source.clients ?? [];
  const found = declared.find(({ name }) => name === client);
  if (found) return found;
  const names = declared.map(({ name }) => name);
  throw new Refusal([
    error("UNKNOWN_REFERENCE", `${source.name} declares no client ${client}`, {
      detail: names.length === 0 ? "Declare it under `clients`." : `Under \`clients\` are ${names.join(", ")}.`,
    }),
  ]);
}

/** Clients take an address apart into fields, and what a secret holds is not known here. */
function refuseUrl({ name, connection: { url, host } }: DataSource): void {
  if (url === undefined || host !== undefined) return;
  const place = url.env === undefined ? "env:NAME" : `env:${url.env}`;
  throw new Refusal([
    error("NOT_SUPPORTED", `Where ${name} is stands only in a secret, and settings of clients name it openly`, {
      detail: `Give the URL with \`--url ${place}\`, from which all but the password is taken, or declare host, port, database, user and password one by one.`,
    }),
  ]);
}

function known(value: string | undefined, field: string, source: string): string {
  if (value !== undefined) return value;
  throw new Refusal([
    error("MISSING_FIELD", `${source} says no ${field} that a client could connect as`, {
      detail: "Name a role with `--user ROLE`, or declare `connection.user`.",
    }),
  ]);
}

/** In a file of settings a line break would begin another setting. */
function refuseControls(names: Readonly<Record<string, string>>): void {
  for (const [field, value] of Object.entries(names)) {
    if (!/[\p{Cc}\u2028\u2029]/u.test(value)) continue;
    throw new Refusal([
      error("NOT_SUPPORTED", `The ${field} holds a control character, which no file of settings can hold`),
    ]);
  }
}

/** The variable that the client finds its password in: the declared one, or one to be filled. */
function loginOf(wish: ClientWish, user: string, { host, port }: { host: string; port: number }): Supply | undefined {
  const { source, passwords, through } = wish;
  const { connection, name } = source;
  const isOwn = user === connection.user;
  const holds = `the password of ${user}`;
  const own = isOwn ? [name] : [name, user];
  if (connection.iam && !through) {
    const { region, profile } = connection.iam;
    const command = shellWords([
      ...["aws", "rds", "generate-db-auth-token", "--hostname", host, "--port", `${port}`, "--username", user],
      ...(region === undefined ? [] : ["--region", region]),
      ...(profile === undefined ? [] : ["--profile", profile]),
    ]);
    return {
      name: variable(...own, "token"),
      holds: `a token for ${user}, which opens connections for 15 minutes`,
      command,
    };
  }
  // Where Datumline itself needs a password, so does everybody.
  const asked = connection.password ?? connection.url ?? through?.pooler.connection.password;
  const password = (isOwn ? connection.password : undefined) ?? passwords(user) ?? (asked && "elsewhere");
  if (password === undefined) return undefined;
  if (password === "elsewhere") return { name: variable(...own, "password"), holds };
  if (password.env !== undefined) return { name: password.env, holds };
  return { name: variable(...own, "password"), holds, command: printing(password) };
}

/** Clients read certificates from files; what is none becomes one. */
function tlsOf(
  { tls: declared = {}, iam }: Connection,
  name: string,
): { readonly tls: ClientTls; readonly files: readonly Supply[]; readonly notes: readonly string[] } {
  // A token of IAM is never sent in clear.
  const { mode = iam ? "require" : "prefer", ...materials } = declared;
  if (mode === "disable") return { tls: { mode }, files: [], notes: [] };
  const paths: { ca?: string; cert?: string; key?: string } = {};
  const files: Supply[] = [];
  for (const [material, holds] of Object.entries(MATERIALS) as [keyof typeof MATERIALS, string][]) {
    const reference = materials[material];
    if (reference === undefined) continue;
    const path = reference.file ?? `${name.replace(/[^\w.-]/g, "_")}-${material}.pem`;
    paths[material] = path;
    const filled = `${reference.file === undefined ? printing(reference) : ""} > ${shellWord(path)}`;
    const command = material === "key" ? `(umask 077; ${filled})` : filled;
    files.push({ name: path, holds, ...(reference.file === undefined && { command }) });
  }
  const verifies = mode === "verify-ca" || mode === "verify-full";
  if (!verifies || paths.ca !== undefined) return { tls: { mode, ...paths }, files, notes: [] };
  // Of the system's authorities anybody gets a certificate for some name.
  const raised =
    mode === "verify-ca"
      ? ["`verify-ca` without `tls.ca` became `verify-full`: the system's authorities vouch for everybody."]
      : [];
  const note = "No `tls.ca` is declared: the authorities of the system are trusted (in libpq since version 16).";
  return { tls: { mode: "verify-full", ...paths }, files, notes: [...raised, note] };
}

const MATERIALS = {
  ca: "the authorities that are trusted",
  cert: "the client's certificate",
  key: "the key of that certificate, readable by nobody else",
} as const;

function replicasOf({ replicas = [], connection, engine }: DataSource): ClientSettings["replicas"] {
  const fallback = connection.port ?? defaultPort(engine);
  return replicas.map(({ name, host, port = fallback }) => ({ name, host, port }));
}

function poolOf(declared: DataSource["pool"] = {}): ClientPool {
  const { size, overflow, timeout, recycle, prePing } = withDefaults(CLIENT_POOL, declared);
  return { size, overflow, timeout: quantity(timeout), recycle: quantity(recycle), prePing };
}

/** A value with the defaults of its schema filled in. */
function withDefaults<T extends object>(schema: Schema, value: T): Required<T> {
  const defaults = Object.entries(schema.properties ?? {}).map(([name, field]) => [name, field.default]);
  return { ...Object.fromEntries(defaults), ...value } as Required<T>;
}

function notesOf(wish: ClientWish, user: string, { host, port }: { host: string; port: number }): string[] {
  const { source, through } = wish;
  const { tunnel, user: own } = (through?.pooler ?? source).connection;
  const notes: string[] = [];
  if (through?.pool.users && !through.pool.users.includes(user))
    notes.push(`The pool ${through.pool.name} is declared for ${through.pool.users.join(", ")}, and not for ${user}.`);
  if (through && isPooled(wish, user))
    notes.push(
      `${through.pooler.name} hands out server connections by the transaction: no pool on this side, and no SET, LISTEN, advisory lock or temporary table that is to outlive one.`,
    );
  if (user === source.connection.user && own !== undefined && wish.user === undefined)
    notes.push(`It connects as ${user}, as Datumline itself does: give it a role of its own that may do less.`);
  if (tunnel) {
    const bastion = tunnel.user === undefined ? tunnel.host : `${tunnel.user}@${tunnel.host}`;
    const command = shellWords([
      "ssh",
      "-N",
      "-L",
      `${port}:${host}:${port}`,
      ...(tunnel.port === undefined ? [] : ["-p", `${tunnel.port}`]),
      bastion,
    ]);
    notes.push(`From outside it is reached through a bastion: \`${command}\`, and localhost for the host.`);
  }
  return notes;
}

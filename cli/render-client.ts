/** Settings of one client, from the declaration alone: `datumline render client --for django`. */
import { resolve } from "node:path";
import { address } from "../core/address.ts";
import type { Catalog } from "../core/catalog.ts";
import { CLIENTS, type ClientName, clientFile } from "../core/clients/index.ts";
import type { ClientWish } from "../core/clients/settings.ts";
import { type Diagnostic, error } from "../core/diagnostic.ts";
import { unknownDataSource } from "../core/documents/assign.ts";
import type { Reached } from "../core/doors/reach.ts";
import { Refusal } from "../core/errors.ts";
import { lower } from "../core/lower.ts";
import { nearest } from "../core/names.ts";
import { matchesAny } from "../core/ownership.ts";
import { modeOf, poolingOf } from "../core/pools/model.ts";
import type { ConnectionPool, Role } from "../core/specs.ts";
import type { Context } from "./context.ts";
import { type Ready, readDeclaration } from "./declaration.ts";
import { writeWhole } from "./report.ts";

/** Prints the settings, or writes them to the file that `--out` names. */
export async function renderClient(context: Context): Promise<number> {
  const { options, output, io } = context;
  const word = clientWord(options.for);
  const { dataSource, ...others } = options;
  // A pool is declared for its pooler, so all data sources are read; a URL stands for one alone.
  const read = await readDeclaration({ ...context, options: options.url === undefined ? others : options }, "optional");
  const ready = await read.load();
  const through = options.pool === undefined ? undefined : poolNamed(options.pool, ready);
  const target = targetOf(ready, word, { dataSource, pool: through?.pool });
  const { text } = clientFile(word, {
    source: sourceOf(target, read.reached),
    ...(through && { through }),
    ...(options.client !== undefined && { client: options.client }),
    ...(options.user !== undefined && { user: options.user }),
    passwords: passwordsOf(target, read.reached),
  });
  if (options.out === undefined) output.exactly(text);
  else writeWhole(resolve(io.cwd, options.out), text, options.out);
  return 0;
}

function clientWord(word: string | undefined): ClientName {
  const names = Object.keys(CLIENTS);
  if (word !== undefined && Object.hasOwn(CLIENTS, word)) return word as ClientName;
  const summary = word === undefined ? "`render client` needs `--for`" : `No client is called ${word}`;
  const near = word === undefined ? undefined : nearest(word, names);
  const detail = `${near === undefined ? "" : `Did you mean ${near}? `}It takes ${names.join(", ")}.`;
  throw new Refusal([error("USAGE", summary, { detail })]);
}

type Through = NonNullable<ClientWish["through"]> & { readonly pool: ConnectionPool };

/** The pool of a name, or of `POOLER/NAME` where several poolers have one. */
function poolNamed(name: string, ready: readonly Ready[]): Through {
  const pools = new Map(ready.flatMap(poolsOf));
  const found = [...pools].filter(([full, { pool }]) => name === full || name === pool.name);
  const [only] = found;
  if (only && found.length === 1) return only[1];
  const names = [...pools.keys()];
  if (only)
    throw new Refusal([
      error("UNKNOWN_REFERENCE", `Several poolers have a ConnectionPool ${name}`, {
        detail: `Say which: ${found.map(([full]) => full).join(", ")}.`,
      }),
    ]);
  const near = nearest(
    name,
    [...pools.values()].map(({ pool }) => pool.name),
  );
  const known = names.length === 0 ? "None is declared." : `Declared are ${names.join(", ")}.`;
  throw new Refusal([
    error("UNKNOWN_REFERENCE", `There is no ConnectionPool ${name}`, {
      detail: near === undefined ? known : `Did you mean ${near}?`,
    }),
  ]);
}

function poolsOf({ source, declared }: Ready): [string, Through][] {
  const pooling = poolingOf(declared.values());
  return [...declared.values()].flatMap(({ kind, spec }): [string, Through][] => {
    if (kind !== "ConnectionPool") return [];
    const pool = spec as unknown as ConnectionPool;
    return [[`${source.name}/${pool.name}`, { pool, pooler: source, modeFor: (user) => modeOf(pool, pooling, user) }]];
  });
}

/** The data source that is asked for, that the pool leads to, or that there is only one of. */
function targetOf(
  ready: readonly Ready[],
  word: ClientName,
  { dataSource, pool }: { readonly dataSource: string | undefined; readonly pool: ConnectionPool | undefined },
): Ready {
  const names = ready.map(({ source }) => source.name);
  const asked = dataSource ?? pool?.to;
  if (asked !== undefined && pool && pool.to !== asked)
    throw new Refusal([
      error("USAGE", `The pool ${pool.name} leads to ${pool.to ?? pool.host}, not to ${asked}`, {
        detail: "Leave `--data-source` out, or name another pool.",
      }),
    ]);
  if (asked !== undefined) {
    const found = ready.find(({ source }) => source.name === asked);
    if (!found) throw new Refusal([unknownDataSource(asked, names)]);
    return found;
  }
  if (pool)
    throw new Refusal([
      error("NOT_SUPPORTED", `The pool ${pool.name} leads to a host and to no data source`, {
        detail: "Declare the server as a DataSource, and let the pool lead `to` it.",
      }),
    ]);
  const possible = ready.filter(({ source }) => (CLIENTS[word].engines as readonly string[]).includes(source.engine));
  const [only] = possible.length === 0 ? ready : possible;
  if (only && possible.length <= 1) return only;
  throw new Refusal([
    error("AMBIGUOUS_DATA_SOURCE", "Settings of clients are those of one data source, and several are declared", {
      detail: `Say which with \`--data-source NAME\`; declared are ${names.join(", ")}.`,
    }),
  ]);
}

/** A URL that has been taken apart is no secret any more that the fields hide behind; its password is. */
function sourceOf({ source }: Ready, reached: Reached | undefined): ClientWish["source"] {
  if (!reached || reached.hasPassword) return source;
  const { url: _, ...connection } = source.connection;
  return { ...source, connection };
}

/** Passwords as they are declared; refuses a role that could not connect. */
function passwordsOf({ source, engine, declared }: Ready, reached: Reached | undefined): ClientWish["passwords"] {
  const elsewhere = reached?.hasPassword ? "elsewhere" : undefined;
  return (name) => {
    const { desired } = lower(declared, engine, undefined);
    const role = desired.get(address("Role", name))?.spec as Role | undefined;
    const connects = name === source.connection.user;
    const isGiven = connects || matchesAny(source.external?.roles, name);
    if (!role && !isGiven) throw new Refusal([unknownRole(name, desired)]);
    if (role && role.login !== true && !connects)
      throw new Refusal([
        error("NO_LOGIN", `${name} may not connect`, {
          detail: "Declare it with `login: true`, or name another role.",
        }),
      ]);
    return role?.password ?? elsewhere;
  };
}

function unknownRole(name: string, declared: Catalog): Diagnostic {
  const names = [...declared.values()].flatMap(({ kind, spec }) => (kind === "Role" ? [spec.name as string] : []));
  const near = nearest(name, names);
  const otherwise = "Declare it, or list it under `external.roles` of the DataSource.";
  return error("UNKNOWN_REFERENCE", `There is no Role ${name}`, {
    detail: near === undefined ? otherwise : `Did you mean ${near}? ${otherwise}`,
  });
}

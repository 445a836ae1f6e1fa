/**
 * What clients are told of a data source, as values of the app. Values that are known later stand in the text as they are
 * written; where they would have to be counted with, they are refused.
 */
import { CLIENTS, type ClientName, clientFile } from "../core/clients/index.ts";
import type { ClientFile } from "../core/clients/model.ts";
import type { ClientWish, Password } from "../core/clients/settings.ts";
import { Refusal } from "../core/errors.ts";
import { KINDS } from "../core/kinds/index.ts";
import { nearest } from "../core/names.ts";
import { modeOf, poolingOf } from "../core/pools/model.ts";
import type { Json } from "../core/schema.ts";
import type { ConnectionPool as Pool, DataSource as Source } from "../core/specs.ts";
import type { DataSource } from "./data-source.ts";
import type { Declared } from "./declared.ts";
import { documentsOfSource, type PlainDocument } from "./document.ts";
import type { RoleName } from "./kinds.ts";
import type { Later } from "./later.ts";
import { refuse, refuseAll } from "./refuse.ts";

/** How a client comes to the data source. */
export interface ClientOptions {
  /** Pool that it goes through. */
  readonly pool?: Declared<"ConnectionPool">;
  /** Role that it connects as. @default that of the declared client, or that of the data source */
  readonly user?: RoleName;
  /** Name under `clients` of the data source, with its user and pool. */
  readonly client?: string;
}

/** The settings of a client; `password` is how the connection's own is given where no document says it. */
export function settingsFor(
  source: DataSource,
  word: ClientName,
  { pool, user, client }: ClientOptions,
  password?: Password,
): ClientFile {
  const { path } = source.node;
  if (!Object.hasOwn(CLIENTS, word)) {
    const near = nearest(word, Object.keys(CLIENTS));
    const detail = `${near === undefined ? "" : `Did you mean ${near}? `}There are ${Object.keys(CLIENTS).join(", ")}.`;
    refuse(path, `No client is called ${word}`, detail);
  }
  const later = new StandIns(source.later, path);
  const through = pool && throughOf(pool, source, later);
  const name = typeof user === "string" ? user : user?.names[0];
  const wish: ClientWish = {
    source: later.known(source.toDocument()),
    ...(through && { through }),
    ...(client !== undefined && { client }),
    ...(name !== undefined && { user: name }),
    passwords: (role) => passwordOf(source, role) ?? later.secret ?? password,
  };
  const file = told(path, () => clientFile(word, wish));
  return { ...file, text: later.written(file.text) };
}

function told<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (problem) {
    if (problem instanceof Refusal) refuseAll(path, problem.diagnostics);
    throw problem;
  }
}

function throughOf(
  pool: Declared<"ConnectionPool">,
  source: DataSource,
  later: StandIns,
): NonNullable<ClientWish["through"]> {
  const { $construct, ...spec } = pool.toDocument();
  const declared = spec as unknown as Pool;
  if (declared.to !== source.name)
    refuse(
      source.node.path,
      `The pool ${declared.name} leads to ${declared.to ?? declared.host}, not to ${source.name}`,
      `${$construct} says where it leads.`,
    );
  const pooling = poolingOf(documentsOfSource(pool.dataSource).map((each) => ({ kind: each.kind, spec: each })));
  return {
    pool: declared,
    pooler: later.known(pool.dataSource.toDocument()),
    modeFor: (name) => modeOf(declared, pooling, name),
  };
}

function passwordOf(source: DataSource, role: string): Password | undefined {
  const found = documentsOfSource(source).find(({ kind, name }) => name === role && isRole(kind));
  return found?.password as Password | undefined;
}

function isRole(kind: string): boolean {
  return kind === "Role" || (KINDS.get(kind)?.as ?? []).includes("Role");
}

/** Fields whose value must be known: the numbers of pools add up. */
const COUNTED: readonly string[] = ["pool", "clients", "connectTimeout"];

/** What stands for values that are known later while settings are written, so that nothing in them is quoted. */
class StandIns {
  readonly #later: Later | undefined;
  readonly #path: string;
  readonly #values = new Map<string, string>();
  /** Says of a password that is known later that there is one. */
  secret: Password | undefined;

  constructor(later: Later | undefined, path: string) {
    this.#later = later;
    this.#path = path;
  }

  /** A data source without any of them. */
  known(document: PlainDocument): Source {
    return this.#replaced(document as unknown as Json, []) as unknown as Source;
  }

  /** The text with the values themselves. */
  written(text: string): string {
    let written = text;
    for (const [standIn, value] of this.#values) written = written.replaceAll(standIn, value);
    return written;
  }

  #replaced(value: Json, path: readonly string[]): Json | undefined {
    if (this.#later?.formOf(value) !== undefined && typeof value !== "object") return this.#standIn(value, path);
    if (value === null || typeof value !== "object") return value;
    if (Array.isArray(value))
      return value.map((item: Json, index) => this.#replaced(item, [...path, `${index}`]) as Json);
    const fields = Object.entries(value).map(([key, inside]) => [key, this.#replaced(inside, [...path, key])]);
    return Object.fromEntries(fields.filter(([, inside]) => inside !== undefined)) as Json;
  }

  #standIn(value: string | number | boolean, path: readonly string[]): Json | undefined {
    const field = path.join(".");
    if (this.#later?.handedOn.has(field)) {
      this.secret = "elsewhere";
      return undefined;
    }
    if (path.some((step) => COUNTED.includes(step)))
      refuse(this.#path, `\`${field}\` cannot be a token here`, "Settings of clients count with it; write the number.");
    // No port is as high, and no language writes either of them otherwise.
    const standIn = typeof value === "number" ? 4_294_900_000 + this.#values.size : `known-later-${this.#values.size}-`;
    this.#values.set(`${standIn}`, `${value}`);
    return standIn;
  }
}

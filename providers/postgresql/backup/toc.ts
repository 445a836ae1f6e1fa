/**
 * The table of contents of a dump, as `pg_restore --list --verbose` prints it: what there is, and what needs what.
 * https://www.postgresql.org/docs/current/app-pgrestore.html
 */

export interface Entry {
  readonly id: number;
  /** The line to the letter, as `--use-list` takes it. */
  readonly line: string;
  /** `FK CONSTRAINT` */
  readonly kind: string;
  /** What it is called, and whose it is: `sales fact fact_pkey owner`. */
  readonly rest: string;
  readonly needs: readonly number[];
}

/** Tables and what is read like one. */
export const RELATIONS: readonly string[] = ["TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE"];

/** What decides who may do what with the rows of a table, beside its privileges. */
export const GUARDS: readonly string[] = ["ROW SECURITY", "POLICY", "TRIGGER", "RULE"];

/** What is a part of a table, and of each other. */
const PARTS: readonly string[] = [
  ...GUARDS,
  "TABLE DATA",
  "TABLE ATTACH",
  "MATERIALIZED VIEW DATA",
  "DEFAULT",
  "CONSTRAINT",
  "CHECK CONSTRAINT",
  "FK CONSTRAINT",
  "INDEX",
  "INDEX ATTACH",
  "STATISTICS",
  "SEQUENCE",
  "SEQUENCE OWNED BY",
  "SEQUENCE SET",
  "COMMENT",
  "SECURITY LABEL",
  "ACL",
];

/** What others need and is taken along: it has no rows of its own. */
const TAKEN_ALONG: readonly string[] = [
  "SCHEMA",
  "EXTENSION",
  "TYPE",
  "SHELL TYPE",
  "DOMAIN",
  "FUNCTION",
  "PROCEDURE",
  "AGGREGATE",
  "COLLATION",
  "CONVERSION",
  "OPERATOR",
  "OPERATOR CLASS",
  "OPERATOR FAMILY",
  "CAST",
  "PROCEDURAL LANGUAGE",
  "ACCESS METHOD",
  "TEXT SEARCH CONFIGURATION",
  "TEXT SEARCH DICTIONARY",
  "TEXT SEARCH PARSER",
  "TEXT SEARCH TEMPLATE",
  "SEQUENCE",
];

/** Longer ones first: `TABLE DATA` is no `TABLE`. */
const KINDS = [
  ...new Set([...RELATIONS, ...PARTS, ...TAKEN_ALONG, "DEFAULT ACL", "PUBLICATION TABLE", "EVENT TRIGGER"]),
].sort((a, b) => b.length - a.length);

/** Where a shorter kind and the name of a schema could be taken for a longer kind, the catalog tells them apart. */
const CATALOGS: Readonly<Record<string, string>> = {
  "TABLE DATA": "0",
  "TABLE ATTACH": "0",
  "MATERIALIZED VIEW DATA": "0",
  "INDEX ATTACH": "0",
  "SEQUENCE OWNED BY": "0",
  "SEQUENCE SET": "0",
  "DEFAULT ACL": "826",
};

export function entriesIn(list: string): Entry[] {
  const entries: Entry[] = [];
  for (const line of list.split("\n")) {
    const [, id, catalog = "", said = ""] = /^(\d+); (\d+) \d+ (.*)$/.exec(line) ?? [];
    if (id !== undefined) {
      const kind =
        KINDS.find((one) => said.startsWith(`${one} `) && (CATALOGS[one] ?? catalog) === catalog) ??
        (said.split(" ")[0] as string);
      entries.push({ id: Number(id), line, kind, rest: said.slice(kind.length + 1), needs: [] });
      continue;
    }
    const [, needs] = /^;\s+depends on: (.*)$/.exec(line) ?? [];
    const last = entries.at(-1);
    if (needs !== undefined && last)
      entries[entries.length - 1] = { ...last, needs: [...new Set(needs.split(" ").map(Number))] };
  }
  return entries;
}

export interface Part {
  /** In the order of the dump. */
  readonly entries: readonly Entry[];
  /** What belongs to it, and cannot be had without something else. */
  readonly left: readonly Entry[];
  /** Tables whose privileges stay out, since what guards their rows does. */
  readonly closed: readonly Entry[];
}

/** Some entries with all that belongs to their tables, and what that needs; no rows of any other table. */
export function partWith(all: readonly Entry[], chosen: ReadonlySet<number>): Part {
  const byId = new Map(all.map((entry) => [entry.id, entry]));
  const wanted = new Set(chosen);
  const reach = new Reach(byId, wanted);
  for (let size = -1; size !== wanted.size; ) {
    size = wanted.size;
    for (const entry of all) if (!wanted.has(entry.id) && belongs(entry, byId, wanted)) wanted.add(entry.id);
    for (const id of wanted) for (const needed of reach.along(byId.get(id) as Entry)) wanted.add(needed);
  }
  const isLeft = (entry: Entry): boolean => wanted.has(entry.id) && !reach.canHave(entry);
  const left = all.filter(isLeft);
  const closed = all.filter(
    (entry) => RELATIONS.includes(entry.kind) && left.some((one) => GUARDS.includes(one.kind) && isOf(one, entry)),
  );
  const isClosed = (entry: Entry): boolean => entry.kind === "ACL" && closed.some(({ id }) => entry.needs.includes(id));
  return {
    entries: all.filter((entry) => wanted.has(entry.id) && !isLeft(entry) && !isClosed(entry)),
    left: left.filter(({ kind }) => !UNSAID.includes(kind)),
    closed,
  };
}

/** They are nothing without what they are of. */
const UNSAID: readonly string[] = [
  "COMMENT",
  "SECURITY LABEL",
  "ACL",
  "TABLE ATTACH",
  "INDEX ATTACH",
  "TABLE DATA",
  "SEQUENCE OWNED BY",
];

/** Kinds whose line begins with their table: the foreign key of another table needs this one as well. */
const OF_TABLE: readonly string[] = [...GUARDS, "DEFAULT", "CONSTRAINT", "CHECK CONSTRAINT", "FK CONSTRAINT"];

function isOf(part: Entry, table: Entry): boolean {
  if (!part.needs.includes(table.id)) return false;
  if (!OF_TABLE.includes(part.kind)) return true;
  // Names may hold spaces, so nobody knows where the owner begins; but it is the same.
  const words = table.rest.split(" ");
  return words.some((_, at) => {
    const [name, owner] = [words.slice(0, at).join(" "), words.slice(at).join(" ")];
    return at > 1 && part.rest.startsWith(`${name} `) && part.rest.endsWith(` ${owner}`);
  });
}

const SAID_OF_ANY: readonly string[] = ["COMMENT", "SECURITY LABEL", "ACL"];

function belongs(entry: Entry, byId: ReadonlyMap<number, Entry>, wanted: ReadonlySet<number>): boolean {
  if (!PARTS.includes(entry.kind)) return false;
  return entry.needs.some((id) => {
    const of = byId.get(id);
    if (!of || !wanted.has(id)) return false;
    if (RELATIONS.includes(of.kind)) return isOf(entry, of);
    if (SAID_OF_ANY.includes(entry.kind)) return true;
    return of.kind === "SEQUENCE" && entry.kind.startsWith("SEQUENCE ");
  });
}

/**
 * An exclusion constraint compares numbers and texts by what this extension brings, and no dump says so: the server knows of its
 * index alone what it needs.
 */
const FOR_EXCLUSIONS = /^- btree_gist /;

/** What can be had with what is wanted. */
class Reach {
  readonly #byId: ReadonlyMap<number, Entry>;
  readonly #wanted: ReadonlySet<number>;
  readonly #forExclusions: readonly number[];
  /** Sequences of a column, which are made before they are its own. */
  readonly #owned: ReadonlySet<number>;

  constructor(byId: ReadonlyMap<number, Entry>, wanted: ReadonlySet<number>) {
    this.#byId = byId;
    this.#wanted = wanted;
    const all = [...byId.values()];
    this.#forExclusions = all
      .filter(({ kind, rest }) => kind === "EXTENSION" && FOR_EXCLUSIONS.test(rest))
      .map(({ id }) => id);
    this.#owned = new Set(all.filter(({ kind }) => kind === "SEQUENCE OWNED BY").flatMap(({ needs }) => needs));
  }

  /** What it needs that can be taken along. */
  along({ kind, needs }: Entry): readonly number[] {
    const named = needs.filter((id) => TAKEN_ALONG.includes(this.#byId.get(id)?.kind ?? ""));
    return kind === "CONSTRAINT" ? [...named, ...this.#forExclusions] : named;
  }

  canHave(entry: Entry, on: ReadonlySet<number> = new Set()): boolean {
    if (on.has(entry.id)) return true;
    const way = new Set([...on, entry.id]);
    return this.#needsOf(entry).every((id) => {
      const needed = this.#byId.get(id);
      if (!needed || this.#isOrderAlone(entry, needed)) return true;
      return this.#wanted.has(id) && this.canHave(needed, way);
    });
  }

  /** That a sequence is of a column says its line alone; the column's table stands with the sequence. */
  #needsOf({ kind, needs }: Entry): readonly number[] {
    return kind === "SEQUENCE OWNED BY" ? needs.flatMap((id) => [id, ...(this.#byId.get(id)?.needs ?? [])]) : needs;
  }

  /**
   * A partition stands without the table that it is attached to later, and so do its keys; a sequence stands without the table
   * of its column.
   */
  #isOrderAlone(entry: Entry, needed: Entry): boolean {
    if (entry.kind === "TABLE" && needed.kind === "TABLE") return this.#isAttached(entry);
    if (entry.kind === "SEQUENCE") return this.#owned.has(entry.id) && needed.kind === "TABLE";
    const keys = ["CONSTRAINT", "INDEX"];
    return keys.includes(entry.kind) && keys.includes(needed.kind);
  }

  #isAttached({ id }: Entry): boolean {
    for (const { kind, needs } of this.#byId.values()) if (kind === "TABLE ATTACH" && needs[0] === id) return true;
    return false;
  }
}

/**
 * A part of a dump: schemas, or tables with their keys, indexes and policies, and what those need. What cannot come stays out and
 * is told; where it would guard rows, the privileges on them stay out as well, so that nobody sees more than before.
 */
import type { Manifest, RestoreContext } from "../../../core/backups/model.ts";
import { error } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import { nameParts } from "../../../core/names.ts";
import { type Entry, entriesIn, partWith, RELATIONS } from "./toc.ts";

type Only = RestoreContext["only"];

/** Refuses what no part can be taken of, or what names none. */
export function refuseUnselectable({ id: backup, format }: Manifest, only: Only): void {
  const { schemas = [], tables = [] } = only ?? {};
  if (!isPart(only)) return;
  if (format === "plain") {
    throw refused(
      `${backup} is a plain text of SQL: it is restored as a whole`,
      "Leave out `--schema` and `--table`, and take the part out of the copy; or back up with `format: custom`.",
    );
  }
  if (schemas.length > 0 && tables.length > 0)
    throw refused("Schemas and tables are restored one or the other", "Restore twice, into two databases.");
  for (const table of tables)
    if (nameParts(table).length !== 2)
      throw refused(`\`--table\` needs \`schema.name\`, not ${table}`, "Such as `--table public.orders`.");
}

/** Is it less than all? */
export function isPart(only: Only): boolean {
  return (only?.schemas ?? []).length + (only?.tables ?? []).length > 0;
}

/** What `pg_restore --use-list` takes for a part; `list` asks it for what there is. */
export async function listOf(
  only: Only,
  backup: string,
  list: (words: readonly string[]) => Promise<string>,
  tell: (line: string) => void,
): Promise<string> {
  const { schemas = [], tables = [] } = only ?? {};
  const all = entriesIn(await list(["--verbose"]));
  const byId = new Map(all.map((entry) => [entry.id, entry]));
  const chosen = new Set<number>();
  const asked = [
    ...schemas.map((schema) => ({ what: `schema ${schema}`, words: [`--schema=${schema}`] })),
    ...tables.map((name) => {
      const [schema, table] = nameParts(name);
      return { what: `table ${name}`, words: [`--schema=${schema}`, `--table=${table}`] };
    }),
  ];
  for (const { what, words } of asked) {
    const found = entriesIn(await list(words));
    if (found.length === 0)
      throw refused(`The backup ${backup} holds no ${what}`, "Mend the name; it is written as the server holds it.");
    if (tables.length > 0 && isWithoutRows(found))
      throw refused(
        `The ${what} has no rows of its own in the backup: it is partitioned, or they were left out`,
        "Name its partitions, or take its schema.",
      );
    for (const { id } of found) if (byId.has(id)) chosen.add(id);
  }
  const { entries, left, closed } = partWith(all, chosen);
  const bare = left.find(({ id, kind }) => tables.length > 0 && chosen.has(id) && RELATIONS.includes(kind));
  if (bare) throw refused(`${said(bare)} needs other tables of the backup`, "Name them as well, or take the schema.");
  if (left.length > 0) tell(`Needs more than was asked for, and stays out: ${left.map(said).join(", ")}.`);
  if (closed.length > 0)
    tell(`Without what guards their rows, these come without privileges as well: ${closed.map(said).join(", ")}.`);
  return `${entries.map(({ line }) => line).join("\n")}\n`;
}

function isWithoutRows(found: readonly Entry[]): boolean {
  return found.some(({ kind }) => kind === "TABLE") && !found.some(({ kind }) => kind === "TABLE DATA");
}

/** Its owner is the last word. */
function said({ kind, rest }: Entry): string {
  return `${kind} ${rest.slice(0, rest.lastIndexOf(" "))}`;
}

function refused(summary: string, detail: string): Refusal {
  return new Refusal([error("RESTORE_REFUSED", summary, { detail })]);
}

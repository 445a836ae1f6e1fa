/** A copy held against what was backed up: objects, what belongs to the database itself, and rows. */
import { text } from "node:stream/consumers";
import { isDeepStrictEqual } from "node:util";
import type { Address } from "../address.ts";
import { readable } from "../address.ts";
import type { Evidence } from "../backups/evidence.ts";
import type { Copy, Manifest, Part } from "../backups/model.ts";
import type { restored } from "../backups/streams.ts";
import type { Catalog } from "../catalog.ts";
import { diffSpec } from "../diff.ts";
import type { Kind, Spec } from "../kind.ts";
import { KINDS } from "../kinds/index.ts";
import { matchesAny } from "../ownership.ts";
import type { Json } from "../schema.ts";
import type { Kept } from "./backups.ts";

/** Opens a part of the backup. */
export type Open = (part: Part) => Promise<ReturnType<typeof restored>>;

/** Where the files of a table lie is the business of its server, and a copy has another one. */
function placeless({ tablespace, ...spec }: Spec): Spec {
  const { postgresql, ...rest } = spec;
  if (typeof postgresql !== "object") return spec;
  const own = placeless(postgresql as Spec);
  return Object.keys(own).length === 0 ? rest : { ...rest, postgresql: own as Json };
}

export async function compareCatalogs(
  manifest: Manifest,
  open: Open,
  copy: Catalog,
  database: string,
): Promise<Evidence["objects"]> {
  const part = manifest.parts.find(({ holds }) => holds === "catalog");
  if (!part) return { compared: 0, differences: ["the backup holds no catalog to compare with"] };
  const objects = JSON.parse(await text(await open(part))) as { readonly kind: string; readonly spec: Spec }[];
  const differences = objects.flatMap(({ kind: name, spec }): string[] => {
    const kind = KINDS.get(name) as Kind;
    const wanted = inDatabase(spec, manifest.database, database);
    const address: Address = kind.address(wanted);
    const there = copy.get(address);
    if (!there) return [`${readable(address)} is not in the copy`];
    const fields = diffSpec(kind.schema, placeless(there.spec), placeless(wanted));
    return fields.length === 0
      ? []
      : [`${readable(address)} differs in the copy: ${fields.map(({ path }) => path.join(".")).join(", ")}`];
  });
  return { compared: objects.length, differences };
}

/** What is granted on the database itself is said of the copy, which has another name. */
function inDatabase(spec: Spec, name: string, copy: string): Spec {
  const on = spec.on as { readonly [field: string]: Json } | undefined;
  return on?.database === name ? { ...spec, on: { ...on, database: copy } } : spec;
}

/** What belongs to the database itself. Values are not shown: a setting may hold what nobody else should read. */
export async function compareProperties(
  manifest: Manifest,
  open: Open,
  { url }: Copy,
  { tool }: Kept,
): Promise<readonly string[]> {
  const part = manifest.parts.find(({ holds }) => holds === "properties");
  if (!part || !tool.properties) return [];
  const wanted = JSON.parse(await text(await open(part))) as { readonly [name: string]: Json };
  return Object.entries(await tool.properties(url)).flatMap(([name, value]) =>
    // Backups of older versions know less of it.
    !(name in wanted) || isDeepStrictEqual(wanted[name], value) ? [] : [`the database differs in the copy: ${name}`],
  );
}

/** Tables that were counted, or those of them that are asked for. */
export async function compareTables(
  { checks }: Manifest,
  { url }: Copy,
  { tool }: Kept,
  asked: readonly string[] | undefined,
): Promise<Evidence["tables"]> {
  const copy = await tool.count(url, asked ?? checks.map(({ table }) => table));
  const found = new Map(copy.map((one) => [one.table, one]));
  const chosen = checks.filter(({ table }) => !asked || found.has(table) || matchesAny(asked, table));
  const differences = chosen.flatMap(({ table, rows, hash }) => {
    const there = found.get(table);
    if (!there) return [`${table} is not in the copy`];
    if (there.rows !== rows) return [`${table} has ${there.rows} rows in the copy, ${rows} were backed up`];
    return there.hash === hash ? [] : [`${table} has other rows in the copy than were backed up`];
  });
  const nothing = asked && checks.length > 0 && chosen.length === 0;
  const none = nothing ? [`the backup counted no table that is like ${asked.join(", ")}`] : [];
  return { compared: chosen, differences: [...differences, ...none] };
}

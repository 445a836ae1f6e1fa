/** What a MaskedView promises of each of its readers: no masked value in clear, neither in the view nor in the table. */
import { address } from "../../../core/address.ts";
import type { Catalog } from "../../../core/catalog.ts";
import { formatName, nameParts } from "../../../core/names.ts";
import type { PlantedRow, Proof } from "../../../core/proofs/model.ts";
import type { MaskedView, RowPolicy, Table } from "../../../core/specs.ts";
import { nameOf } from "../lowering.ts";
import { settingsIn, valueFor } from "./admit.ts";
import { columnsNamed, rowsThatMayMeet } from "./guess.ts";

export function maskedProofs(
  spec: MaskedView,
  masked: readonly string[],
  table: Table | undefined,
  desired: Catalog,
): readonly Proof[] {
  // They may hold for the owner of the view as well, whose rights it runs with.
  const policies = policiesOn(spec.from, desired);
  const columns = spec.columns ?? table?.columns.map(({ name }) => name) ?? masked;
  const hides = columns.filter((name) => masked.includes(name));
  if (hides.length === 0) return [];
  const open = columns.filter((name) => !masked.includes(name));
  const view = nameOf(spec);
  const named = hides.join(", ");
  const common = {
    rule: "Masked",
    address: address("MaskedView", [spec.schema, spec.name]),
    severity: "error",
  } as const;
  const acts = { sort: "access", command: "select", timeout: "60s" } as const;
  return (spec.to ?? []).flatMap((as): Proof[] => [
    {
      ...common,
      name: `${view} as ${as}`,
      says: `${as} sees no ${named} in clear`,
      claim: {
        ...acts,
        as,
        on: view,
        columns: open,
        ...(table && settingsFor(policies, table)),
        plant: [{ into: spec.from, rows: table ? rowsFor(spec.where, policies, table) : [{}], any: true }],
        expect: { hides },
      },
    },
    {
      ...common,
      name: `${spec.from} as ${as}`,
      says: `${as} reads no ${named} of the table`,
      claim: { ...acts, as, on: spec.from, columns: hides, expect: { denied: true } },
    },
  ]);
}

function policiesOn(reference: string, desired: Catalog): readonly RowPolicy[] {
  const name = formatName(nameParts(reference));
  return [...desired.values()].flatMap(({ kind, spec }) =>
    kind === "RowPolicy" && spec.table === name ? [spec as unknown as RowPolicy] : [],
  );
}

/** Rows of which one may meet the view's condition and the policies, whose columns have the value that the settings have. */
function rowsFor(where: string | undefined, policies: readonly RowPolicy[], table: Table): readonly PlantedRow[] {
  const value = sharedValue(policies, table);
  const settled = Object.fromEntries(columnsNamed(textsOf(policies), table).map((name) => [name, value]));
  const tried = where === undefined ? [{}] : rowsThatMayMeet(where, table);
  return Object.keys(settled).length === 0 ? tried : [...tried.map((row) => ({ ...settled, ...row })), ...tried];
}

/** A value for each setting that a policy asks for. */
function settingsFor(policies: readonly RowPolicy[], table: Table): { readonly settings?: Record<string, string> } {
  const names = textsOf(policies).flatMap(settingsIn);
  if (names.length === 0) return {};
  const value = sharedValue(policies, table);
  return { settings: Object.fromEntries(names.map((name) => [name, value])) };
}

function textsOf(policies: readonly RowPolicy[]): readonly string[] {
  return policies.flatMap(({ using }) => using ?? []);
}

/** A value for the settings that policies ask for and for the columns that they name. */
function sharedValue(policies: readonly RowPolicy[], table: Table): string {
  const names = columnsNamed(textsOf(policies), table);
  const columns = table.columns.filter(({ name }) => names.includes(name));
  return valueFor(columns.find(({ type }) => type === "uuid") ?? { type: "text" });
}

/**
 * What a name in a condition means is decided when the condition is made, and in a function that it calls whenever that
 * runs. Whoever may create where names are looked up decides along.
 * https://www.postgresql.org/docs/current/typeconv-func.html
 */
import { address, kindOf, readable } from "../core/address.ts";
import type { Finding, Guardrail, Judged } from "../core/guardrail.ts";
import { nameParts } from "../core/names.ts";
import { functionAddress, type Routine } from "../core/routine.ts";
import type { Grant, RowAccess } from "../core/specs.ts";
import { revoking, sqlPart, sqlSignature } from "./by-hand.ts";
import { rolesIn } from "./memberships.ts";
import { objectsOf } from "./objects.ts";
import { callsIn } from "./policy-functions.ts";
import { boundBy, concerning, some, standing } from "./row-secured.ts";
import { tableKey, tablesIn } from "./tables.ts";

/** A temporary table comes first in the path of a session, and is its user's own. */
export const policyCallsWithoutPath: Guardrail = {
  code: "POLICY_CALLS_WITHOUT_PATH",
  pack: "row-security",
  find(judged) {
    const calling = new Map<Routine, string[]>();
    for (const { address: at, routine } of callsIn(judged))
      if (!routine.fixedPath) calling.set(routine, [...(calling.get(routine) ?? []), readable(at)]);
    return [...calling].map(
      ([{ signature, schema }, policies]): Finding => ({
        address: functionAddress(signature),
        summary: `${some(policies, 3)} ${policies.length > 1 ? "call" : "calls"} ${signature}, whose names each session looks up anew`,
        detail:
          "Whoever runs SQL can put a temporary table, or another path, before what it means. Give the function a search_path of its own that ends in pg_temp, or a body in standard SQL (BEGIN ATOMIC); or look things up in the policy itself, as RowAccess does.",
        byHand: `ALTER ROUTINE ${sqlSignature(signature)} SET search_path = ${sqlPart(schema)}, pg_temp;`,
      }),
    );
  },
};

/** A function or operator that fits better is taken, wherever in the path it lies. */
export const pathOpenToOthers: Guardrail = {
  code: "PATH_OPEN_TO_OTHERS",
  pack: "row-security",
  find(judged) {
    const { desired, live } = judged;
    const written = writtenByHand(judged);
    if (written.length === 0) return [];
    const creating = standing("Grant", desired, live).filter(
      ({ spec: { on, privileges } }) => on.schema !== undefined && privileges.includes("create"),
    );
    const tables = tablesIn(desired, live);
    const roles = rolesIn(desired, live);
    const concerns = concerning(roles);
    const ofExtensions = extensionSchemas(judged);
    const found = new Map<string, { readonly grants: Grant[]; readonly texts: string[] }>();
    for (const { at, table, binds } of written) {
      const [schema] = nameParts(table) as [string];
      const owner = tables.get(tableKey(table))?.table.owner;
      for (const { spec } of creating) {
        const { to, on } = spec;
        if (on.schema !== schema && !ofExtensions.has(on.schema as string)) continue;
        if (to === owner || !binds.some((role) => concerns(to, role))) continue;
        const known = found.get(on.schema as string) ?? { grants: [], texts: [] };
        found.set(on.schema as string, known);
        known.grants.push(spec);
        known.texts.push(at);
      }
    }
    return [...found].map(([schema, { grants, texts }]) => finding(schema, grants, texts));
  },
};

function finding(schema: string, grants: readonly Grant[], texts: readonly string[]): Finding {
  const roles = [...new Set(grants.map(({ to }) => to))].sort();
  return {
    address: address("Schema", schema),
    summary: `${some(roles.map((role) => (role === "public" ? "everybody" : role)))} may create in ${schema}, where conditions and queries look up their names (${some(texts, 3)})`,
    detail:
      "A function or operator planted there answers in a rule that is made after it, and runs with Datumline's rights in rows and checks. Take CREATE on the schema away, or write `pg_catalog.` and OPERATOR(pg_catalog.=) in the text.",
    byHand: roles.map((to) => revoking({ to, privileges: ["create"], on: { schema } })).join(" "),
  };
}

/** A text of the user's, not one that an intent made. */
interface Written {
  readonly at: string;
  /** In whose schema its names are looked up. */
  readonly table: string;
  /** Roles that it keeps rows from, or everybody where Datumline runs it. */
  readonly binds: readonly string[];
}

function writtenByHand({ declared, desired }: Judged): Written[] {
  const policies = objectsOf("RowPolicy", desired).flatMap(({ address: of, spec, intent }): Written[] => {
    if (intent !== undefined) {
      const asked = declared.get(intent)?.spec as Partial<RowAccess> | undefined;
      if (kindOf(intent) !== "RowAccess" || asked?.condition === undefined) return [];
    }
    return [{ at: readable(intent ?? of), table: spec.table, binds: boundBy(spec) }];
  });
  const seeds = objectsOf("Seed", desired).filter(({ intent }) => intent === undefined);
  const run = [
    ...seeds.map(({ address: of, spec }) => ({ of, table: spec.table })),
    ...objectsOf("QualityCheck", declared).map(({ address: of, spec }) => ({ of, table: spec.on })),
    ...objectsOf("AccessTest", declared).map(({ address: of, spec }) => ({ of, table: spec.on })),
  ];
  const byUs = run.flatMap(({ of, table }) =>
    table === undefined ? [] : [{ at: readable(of), table, binds: EVERYBODY }],
  );
  return [...policies, ...byUs];
}

const EVERYBODY = ["public"];

/** Names are looked up there as well, so that those of extensions need no prefix. */
function extensionSchemas({ desired, live }: Judged): Set<string> {
  return new Set(
    [...objectsOf("Extension", live), ...objectsOf("Extension", desired)].map(({ spec }) => spec.schema ?? "public"),
  );
}

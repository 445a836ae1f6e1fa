/**
 * Functions that run with their owner's rights. Most are nobody's to declare, so a plan speaks of those alone that lie in
 * a schema which the declaration speaks of. https://www.postgresql.org/docs/current/sql-createfunction.html
 */
import type { Catalog } from "../core/catalog.ts";
import { kindOfObject } from "../core/change.ts";
import type { Finding, Guardrail, Judged } from "../core/guardrail.ts";
import { grant } from "../core/kinds/grant.ts";
import { functionAddress, type Routine } from "../core/routine.ts";
import { revoking, sqlPart, sqlSignature } from "./by-hand.ts";
import { routinesOf } from "./known-routines.ts";

/** Whoever calls it says which table, function or operator an unqualified name in it means. */
export const definerWithoutPath: Guardrail = {
  code: "DEFINER_WITHOUT_PATH",
  pack: "functions",
  find: (judged) =>
    definers(judged).flatMap(({ signature, owner, schema, fixedPath }): Finding[] => {
      if (fixedPath) return [];
      return [
        {
          address: functionAddress(signature),
          summary: `Function ${signature} runs with the rights of ${owner}, and whoever calls it says where it finds what it names`,
          detail:
            "Give it a search_path of its own (`settings` of a Function), which ends in pg_temp, and qualify what lies elsewhere.",
          byHand: `ALTER ROUTINE ${sqlSignature(signature)} SET search_path = ${sqlPart(schema)}, pg_temp;`,
        },
      ];
    }),
};

/** A new function may be executed by everybody, until somebody thinks of it. */
export const definerForEverybody: Guardrail = {
  code: "DEFINER_FOR_EVERYBODY",
  pack: "functions",
  find: (judged) =>
    definers(judged).flatMap(({ signature, owner, isTrigger }): Finding[] => {
      const given = { to: "public", privileges: ["execute"], on: { function: signature } };
      const at = grant.address(given);
      if (isTrigger || !(judged.desired.has(at) || judged.live.has(at))) return [];
      return [
        {
          address: functionAddress(signature),
          summary: `Function ${signature} runs with the rights of ${owner}, and every role may execute it`,
          detail:
            "Revoke EXECUTE from PUBLIC and declare a Grant for whom it is meant. A DefaultPrivilege with `revoked: true` keeps new functions from everybody.",
          byHand: revoking(given),
        },
      ];
    }),
};

function definers(judged: Judged): readonly Routine[] {
  const found = routinesOf(judged).filter(({ asOwner }) => asOwner);
  if (found.length === 0) return [];
  const spokenOf = schemasIn(judged.desired);
  return found.filter(({ schema }) => spokenOf.has(schema));
}

/** Schemas that are declared, or hold something that is. */
function schemasIn(catalog: Catalog): ReadonlySet<string> {
  const found = new Set<string>();
  for (const object of catalog.values()) {
    const { schema } =
      object.kind === "Schema" ? { schema: object.spec.name as string } : kindOfObject(object).scope(object.spec);
    if (schema !== undefined) found.add(schema);
  }
  return found;
}

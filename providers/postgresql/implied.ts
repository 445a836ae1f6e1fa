import type { Address } from "../../core/address.ts";
import type { Catalog, DataObject } from "../../core/catalog.ts";
import type { PlanContext } from "../../core/engine.ts";
import type { Kind, Spec } from "../../core/kind.ts";
import { KINDS } from "../../core/kinds/index.ts";
import { formatName } from "../../core/names.ts";
import { canonical } from "../../core/objects.ts";
import type { DefaultPrivilege } from "../../core/specs.ts";

const SORTS: Readonly<Record<string, readonly [DefaultPrivilege["on"], "table" | "sequence" | "schema"]>> = {
  Table: ["tables", "table"],
  View: ["tables", "table"],
  MaterializedView: ["tables", "table"],
  Sequence: ["sequences", "sequence"],
  Schema: ["schemas", "schema"],
};

/**
 * Grants that the server makes by itself for new objects, from the default privileges of the role that creates them.
 * https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html
 */
export function impliedGrants(created: readonly DataObject[], { live, target }: PlanContext): Catalog {
  const rules = [...live.values()].filter(
    ({ kind, spec }) => kind === "DefaultPrivilege" && spec.owner === target.user && !spec.revoked,
  );
  const found = new Map<Address, DataObject>();
  const kind = KINDS.get("Grant") as Kind;
  if (rules.length === 0) return found;
  for (const { kind: made, spec } of created) {
    const sort = SORTS[made];
    if (!sort) continue;
    for (const { spec: rule } of rules) {
      const { on, schema, to, privileges, grantOption } = rule as unknown as DefaultPrivilege;
      if (on !== sort[0] || (schema !== undefined && schema !== spec.schema) || to === target.user) continue;
      const name = made === "Schema" ? (spec.name as string) : formatName([spec.schema as string, spec.name as string]);
      const given = canonical(kind.schema, {
        to,
        privileges,
        on: { [sort[1]]: name },
        ...(grantOption && { grantOption }),
      } as Spec);
      found.set(kind.address(given), { kind: "Grant", spec: given });
    }
  }
  return found;
}

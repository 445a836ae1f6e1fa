/** What row security leaves to whom it does not keep out at all: a note each, because it is so on every server. */
import { address } from "../core/address.ts";
import type { Finding, Guardrail } from "../core/guardrail.ts";
import { formatName } from "../core/names.ts";
import type { Table } from "../core/specs.ts";
import { loginsIn } from "./memberships.ts";
import { objectsOf } from "./objects.ts";
import { boundBy, rowSecured, some } from "./row-secured.ts";

/** Forced, policies hold for the owner as well, until it switches row security off. */
export const ownerLiftsRowSecurity: Guardrail = {
  code: "OWNER_LIFTS_ROW_SECURITY",
  pack: "row-security",
  severity: "note",
  find({ desired, live }) {
    const owned = new Map<string, Table[]>();
    for (const { address: at, spec } of objectsOf("Table", desired)) {
      const owner = spec.owner ?? (live.get(at)?.spec.owner as string | undefined);
      if (spec.rowSecurity === "forced" && owner !== undefined) owned.set(owner, [...(owned.get(owner) ?? []), spec]);
    }
    const logins = owned.size > 0 ? loginsIn(desired, live) : new Set<string>();
    return [...owned].flatMap(([owner, tables]): Finding[] => {
      if (!logins.has(owner)) return [];
      const names = tables.map(({ schema, name }) => formatName([schema, name]));
      return [
        {
          address: address("Role", owner),
          summary: `${owner} owns ${some(names)} and can switch ${names.length > 1 ? "their" : "its"} row security off`,
          detail:
            "Forced keeps an owner that connects from seeing rows by mistake, not by intent. Let a role without login and members own the tables; migrations take it on for as long as they run.",
        },
      ];
    });
  },
};

/** How many rows there are shows in plans, estimates and statistics. */
export const rowsAreCounted: Guardrail = {
  code: "ROWS_ARE_COUNTED",
  pack: "row-security",
  severity: "note",
  find({ source, desired, live }) {
    const bound = loginsIn(desired, live);
    if (bound.size > 0) bound.add("public");
    const tables = [...rowSecured(desired, live).values()].filter(
      ({ address: at, policies }) =>
        desired.has(at) && policies.some((policy) => boundBy(policy).some((to) => bound.has(to))),
    );
    if (tables.length === 0) return [];
    return [
      {
        address: address("DataSource", source.name),
        summary: `How many rows there are is no secret, nor about how often a value occurs: ${some(tables.map(({ name }) => name))}`,
        detail:
          "EXPLAIN tells how many rows a policy took away and what the server expects, pg_class how many there are; sizes and counters are everybody's to read. Where that is a secret, give each tenant a database.",
      },
    ];
  },
};

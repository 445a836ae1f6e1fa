/** What is wrong with privileges as they are handed out, each told of the grant that does it. */
import { readable } from "../core/address.ts";
import type { Finding, Guardrail } from "../core/guardrail.ts";
import type { Spec } from "../core/kind.ts";
import type { Grant } from "../core/specs.ts";
import { giving, revoking } from "./by-hand.ts";
import { type ObjectOf, objectsOf } from "./objects.ts";

/** What was found of a grant. */
export function told({ address }: ObjectOf<"Grant">, { summary, ...more }: Omit<Finding, "address">): Finding {
  return { address, summary: `${readable(address)}: ${summary}`, ...more };
}

/** A column list restricts nothing for whom the whole table is granted to as well. */
export const columnGrantWithoutEffect: Guardrail = {
  code: "COLUMN_GRANT_WITHOUT_EFFECT",
  pack: "grants",
  find({ desired, live }) {
    const grants = objectsOf("Grant", desired);
    const all = new Set(
      [...grants, ...objectsOf("Grant", live)].filter(({ spec: { on } }) => on.table && !on.columns).map(key),
    );
    return grants
      .filter((declared) => declared.spec.on.columns && all.has(key(declared)))
      .map((declared) => told(declared, restricting(declared.spec)));
  },
};

function restricting(grant: Grant): Omit<Finding, "address"> {
  const { to, privileges, on } = grant;
  const { table = "", columns } = on;
  const onlyReads = privileges.every((privilege) => privilege === "select");
  return {
    summary: `${to} has it on the whole table, so the columns restrict nothing`,
    detail:
      "Take the grant on the whole table away, or let a ColumnAccess do it for good; a privilege on columns only ever adds.",
    // What is taken from the table by hand is taken from each of its columns.
    ...(onlyReads
      ? { closes: [{ kind: "ColumnAccess", spec: { table, to: [to], columns } }] }
      : { byHand: `${revoking({ ...grant, on: { table } })} ${giving(grant)}` }),
  };
}

function key({ spec: { to, privileges, on } }: ObjectOf<"Grant">): string {
  return JSON.stringify([to, privileges, on.table]);
}

/** What everybody may do, everybody who ever gets a login may do. */
export const everybodyMayDoIt: Guardrail = {
  code: "GRANTED_TO_EVERYBODY",
  pack: "grants",
  find: ({ desired }) =>
    objectsOf("Grant", desired)
      .filter(({ spec: { to, on, privileges } }) => {
        if (to !== "public") return false;
        return (
          on.table !== undefined ||
          on.sequence !== undefined ||
          (on.schema !== undefined && privileges.includes("create"))
        );
      })
      .map((declared) =>
        told(declared, {
          summary: "every role that can connect has it, those to come included",
          detail: "Grant it to a role that stands for the people meant, and make them members.",
          byHand: revoking(declared.spec),
        }),
      ),
};

/** Who may grant further decides who has it. */
export const grantOptionSpreads: Guardrail = {
  code: "GRANT_OPTION_SPREADS",
  pack: "grants",
  find: ({ desired }) =>
    objectsOf("Grant", desired)
      .filter(({ spec: { grantOption } }) => grantOption)
      .map((declared) =>
        told(declared, {
          summary: `${declared.spec.to} may hand it on, and nobody here decides to whom`,
          detail: "Leave `grantOption` out; whoever is to have it is granted it here.",
          ...(declared.spec.on.columns
            ? { byHand: revoking(declared.spec, "GRANT OPTION FOR ") }
            : { closes: [{ kind: "Grant", spec: { ...declared.spec, grantOption: false } as unknown as Spec }] }),
        }),
      ),
};

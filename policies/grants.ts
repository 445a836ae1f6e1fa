/** What is wrong with privileges as they are handed out, each told of the grant that does it. */
import { type Address, readable } from "../core/address.ts";
import type { Catalog, DataObject } from "../core/catalog.ts";
import type { Finding, Guardrail } from "../core/guardrail.ts";
import type { Grant, Role } from "../core/specs.ts";

interface Declared {
  readonly address: Address;
  readonly object: DataObject;
  readonly grant: Grant;
}

function grantsIn(catalog: Catalog): Declared[] {
  return [...catalog].flatMap(([address, object]) =>
    object.kind === "Grant" ? [{ address, object, grant: object.spec as unknown as Grant }] : [],
  );
}

function told({ address }: Declared, summary: string, detail: string): Finding {
  return { address, summary: `${readable(address)}: ${summary}`, detail };
}

/** A column list restricts nothing for whom the whole table is granted to as well. */
export const columnGrantWithoutEffect: Guardrail = {
  code: "COLUMN_GRANT_WITHOUT_EFFECT",
  pack: "grants",
  find({ desired, live }) {
    const grants = grantsIn(desired);
    const all = new Set([...grants, ...grantsIn(live)].filter(({ grant: { on } }) => on.table && !on.columns).map(key));
    return grants
      .filter((declared) => declared.grant.on.columns && all.has(key(declared)))
      .map((declared) =>
        told(
          declared,
          `${declared.grant.to} has it on the whole table, so the columns restrict nothing`,
          "Take the grant on the whole table away; a privilege on columns only ever adds.",
        ),
      );
  },
};

function key({ grant: { to, privileges, on } }: Declared): string {
  return JSON.stringify([to, privileges, on.table]);
}

/** What everybody may do, everybody who ever gets a login may do. */
export const everybodyMayDoIt: Guardrail = {
  code: "GRANTED_TO_EVERYBODY",
  pack: "grants",
  find: ({ desired }) =>
    grantsIn(desired)
      .filter(({ grant: { to, on, privileges } }) => {
        if (to !== "public") return false;
        return (
          on.table !== undefined ||
          on.sequence !== undefined ||
          (on.schema !== undefined && privileges.includes("create"))
        );
      })
      .map((declared) =>
        told(
          declared,
          "every role that can connect has it, those to come included",
          "Grant it to a role that stands for the people meant, and make them members.",
        ),
      ),
};

/** What two logins were granted one by one is what a group is for: the third will be forgotten. */
export const grantedToLogin: Guardrail = {
  code: "GRANTED_TO_LOGIN",
  pack: "grants",
  find({ desired, live }) {
    const alike = new Map<string, Declared[]>();
    for (const declared of grantsIn(desired)) {
      const { to, privileges, on } = declared.grant;
      if (declared.object.intent !== undefined || !roleOf(to, desired, live)?.login) continue;
      const what = JSON.stringify([privileges, on]);
      const same = alike.get(what);
      if (same) same.push(declared);
      else alike.set(what, [declared]);
    }
    return [...alike.values()]
      .filter((declared) => declared.length > 1)
      .map((declared) =>
        told(
          declared[0] as Declared,
          `it is granted to ${declared.length} logins one by one: ${declared.map(({ grant }) => grant.to).join(", ")}`,
          "Grant it to a group role without login and make them members.",
        ),
      );
  },
};

/** Who may grant further decides who has it. */
export const grantOptionSpreads: Guardrail = {
  code: "GRANT_OPTION_SPREADS",
  pack: "grants",
  find: ({ desired }) =>
    grantsIn(desired)
      .filter(({ grant: { grantOption } }) => grantOption)
      .map((declared) =>
        told(
          declared,
          `${declared.grant.to} may hand it on, and nobody here decides to whom`,
          "Leave `grantOption` out; whoever is to have it is granted it here.",
        ),
      ),
};

function roleOf(name: string, desired: Catalog, live: Catalog): Partial<Role> | undefined {
  const at = `Role/${name}` as Address;
  return (desired.get(at) ?? live.get(at))?.spec as unknown as Partial<Role> | undefined;
}

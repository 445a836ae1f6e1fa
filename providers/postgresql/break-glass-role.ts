/**
 * A role that is nobody's own. Its members do not inherit from it, so that they have its rights only after SET ROLE, which
 * the server's log shows. Since PostgreSQL 16 that is an option of the membership; before, an attribute of the member.
 * https://www.postgresql.org/docs/current/role-membership.html
 */
import { address } from "../../core/address.ts";
import { now } from "../../core/clock.ts";
import { type Diagnostic, error, warning } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { Amendment, LowerContext, Lowering, ProofContext } from "../../core/engine.ts";
import { isPast } from "../../core/expiry.ts";
import { nameParts } from "../../core/names.ts";
import type { Proof } from "../../core/proofs/model.ts";
import type { Json } from "../../core/schema.ts";
import type { BreakGlassRole, Grant, Role } from "../../core/specs.ts";
import { carried, native } from "./lowering.ts";
import { granted } from "./prove/acting.ts";

export const breakGlassRole: Lowering<BreakGlassRole> = {
  proofs,
  lower: (spec, context) => {
    const isOpen = !isPast(spec.until, context.now);
    const { name, memberOf, bypassrls, grants = [] } = spec;
    const { owner: _, ...rest } = carried(spec);
    const rights = isOpen && { ...(memberOf && { memberOf }), ...(bypassrls && { bypassrls }) };
    const able = spec.for.filter((member) => canWait(member, context));
    return {
      objects: [
        native<Role>("Role", { name, ...rights, ...rest }),
        ...(isOpen
          ? [...schemasToUse(grants), ...grants].map(({ privileges, on }) =>
              native<Grant>("Grant", { to: name, privileges, on }),
            )
          : []),
      ],
      amend: able.map((member) => membership(spec, member, context)),
      diagnostics: [
        ...spec.for.filter((member) => !able.includes(member)).map((member) => impossible(spec, member)),
        isOpen ? open(spec) : ended(spec),
      ],
    };
  },
};

type Given = Pick<Grant, "privileges" | "on">;

/** What it opens can be named only by who may use the schema; that is given with it, unless it is said. */
function schemasToUse(grants: readonly Given[]): Given[] {
  const said = grants.flatMap(({ privileges, on }) =>
    on.schema !== undefined && privileges.includes("usage") ? [on.schema] : [],
  );
  const opened = grants.flatMap(({ on: { table, sequence, function: routine } }) => {
    // The arguments of a function follow its name.
    const name = table ?? sequence ?? /^(?:"(?:[^"]|"")+"|[^"(])+/.exec(routine ?? "")?.[0];
    return name === undefined ? [] : nameParts(name).slice(0, -1);
  });
  return [...new Set(opened)]
    .filter((schema) => !said.includes(schema))
    .map((schema) => ({ privileges: ["usage"], on: { schema } }));
}

const COMMANDS = ["select", "insert", "update", "delete"] as const;

/** Its rights are had by who takes it on. Past its end that is nobody, and it has none but what everybody has. */
function proofs({ name, for: members, until, grants = [] }: BreakGlassRole, context: ProofContext): Proof[] {
  const common = { rule: "BreakGlassRole", address: address("BreakGlassRole", name), severity: "error" } as const;
  const isOpen = !isPast(until, now());
  const says = isOpen ? "nobody has its rights without SET ROLE" : "its end has passed, so nobody takes it on";
  const own: Proof = { ...common, name, says, claim: { sort: "nobody's", role: name, for: isOpen ? members : [] } };
  if (isOpen) return [own];
  const tries = grants.flatMap(({ privileges, on: { table, columns } }) =>
    COMMANDS.flatMap((command): Proof[] => {
      if (table === undefined || !privileges.includes(command)) return [];
      if (granted(name, command, table, context) === "all") return [];
      return [
        {
          ...common,
          name: `${name} on ${table}: ${command}`,
          says: "its end has passed, so it may nothing",
          claim: {
            sort: "access",
            as: name,
            on: table,
            command,
            timeout: "60s",
            ...(columns && { columns }),
            expect: { denied: true },
          },
        },
      ];
    }),
  );
  return [own, ...tries];
}

/** Nobody knows the version of a system that was not inspected; the newest is taken. */
function hasOptions({ target }: LowerContext): boolean {
  return target === undefined || target.versionNumber >= 160000;
}

/** Is there a way for the member to have the rights only once it takes the role on? */
function canWait(member: string, context: LowerContext): boolean {
  if (hasOptions(context)) return true;
  const at = address("Role", member);
  return (context.declared.get(at) ?? context.live.get(at))?.spec.inherit === false;
}

function membership({ name, until }: BreakGlassRole, member: string, context: LowerContext): Amendment {
  const options = { role: name, until, ...(hasOptions(context) && { inherit: false }) };
  return { address: address("Role", member), fields: { memberOf: [options] as unknown as Json } };
}

function impossible({ name }: BreakGlassRole, member: string): Diagnostic {
  return error("NOT_SUPPORTED", `${member} would have the rights of ${quoted(name)} at once and all the time`, {
    detail: `Before PostgreSQL 16 whether rights are inherited is an attribute of the member: say \`inherit: false\` on ${quoted(member)}, or name a role of that sort that is made for emergencies.`,
  });
}

function open({ name, for: members, until, reason }: BreakGlassRole): Diagnostic {
  const why = reason === undefined ? "" : ` (${reason})`;
  return warning("BREAK_GLASS_OPEN", `${members.join(", ")} may take on ${quoted(name)} until ${until}${why}`, {
    detail: "Take the document out as soon as the emergency is over.",
  });
}

function ended({ name, until }: BreakGlassRole): Diagnostic {
  const summary = `${quoted(name)} ended on ${until}: nobody may take it on, and it may nothing`;
  return warning("BREAK_GLASS_ENDED", summary, { detail: "Take the document out, or give it a later end." });
}

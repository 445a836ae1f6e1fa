/**
 * What `except` of an intent cannot hold: default privileges know no exceptions, and what somebody else granted stays.
 * https://www.postgresql.org/docs/current/sql-alterdefaultprivileges.html
 */
import { type Diagnostic, warning } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { LowerContext } from "../../core/engine.ts";
import { nameParts, parseName } from "../../core/names.ts";
import { matches, matchesAny } from "../../core/ownership.ts";
import type { Grant } from "../../core/specs.ts";
import { knownRelations } from "./known-tables.ts";
import { id, named } from "./quote.ts";

interface Excepting {
  readonly except?: readonly string[] | undefined;
  /** Kinds of what may be excepted. */
  readonly kinds: ReadonlySet<string>;
  /** Roles that are to have nothing on it. */
  readonly roles: readonly string[];
  /** Who makes what default privileges open to them, and in which schemas. */
  readonly owners: readonly string[];
  readonly schemas: readonly string[];
  readonly takes: (privilege: string) => boolean;
}

export function openExceptions(spec: Excepting, context: LowerContext): Diagnostic[] {
  const { roles, owners, kinds, schemas } = spec;
  const except = (spec.except ?? []).filter((pattern) => {
    const [schema, name] = parseName(pattern) ?? [];
    return name === undefined || schemas.some((each) => matches(schema as string, each));
  });
  if (except.length === 0 || context.live.size === 0) return [];
  const there = knownRelations(context, kinds);
  const open = owners.length > 0 ? except.filter((pattern) => pattern.includes("*") || !there.has(pattern)) : [];
  return [
    ...(open.length > 0
      ? [
          warning(
            "NOT_SUPPORTED",
            `PostgreSQL's default privileges know no exceptions: a new table named like ${open.map(quoted).join(", ")} is readable by ${roles.join(", ")} as soon as ${owners.join(", ")} makes it in ${schemas.join(", ")}`,
            { detail: "Keep such tables in a schema of their own, or plan again after each migration." },
          ),
        ]
      : []),
    ...[...givenIn(spec, context).values()].map(({ to, on, privileges }) => {
      const name = on.table ?? on.sequence ?? "";
      const words = privileges.map((privilege) => privilege.toUpperCase()).join(", ");
      const what = on.table === undefined ? `SEQUENCE ${named(name).text}` : named(name).text;
      const may = words === "SELECT" ? "may read" : `has ${words} on`;
      return warning("NOT_SUPPORTED", `${to} ${may} ${name}, which \`except\` names`, {
        detail: `Where this plan does not take it away, somebody else or a default privilege gave it: REVOKE ${words} ON ${what} FROM ${id(to).text};`,
      });
    }),
  ];
}

/** What the roles hold there, by role and object. Some columns of it, or what another document says, was meant. */
function givenIn({ except, roles, schemas, takes }: Excepting, { live, declared }: LowerContext): Map<string, Grant> {
  const found = new Map<string, Grant>();
  for (const [at, { kind, spec }] of live) {
    if (kind !== "Grant" || declared.has(at)) continue;
    const { to, on, privileges } = spec as unknown as Grant;
    const name = on.table ?? on.sequence;
    const held = privileges.filter(takes);
    if (name === undefined || on.columns || held.length === 0) continue;
    if (!roles.includes(to) || !matchesAny(except, name) || !schemas.includes(nameParts(name)[0] as string)) continue;
    const key = JSON.stringify([to, on]);
    found.set(key, { to, on, privileges: [...(found.get(key)?.privileges ?? []), ...held].sort() });
  }
  return found;
}

/** What a rule about rows does not do, told where it is declared: whom it does not hold, and with what it is joined. */
import { type Address, address } from "../../core/address.ts";
import type { Catalog } from "../../core/catalog.ts";
import { type Diagnostic, error, note, warning } from "../../core/diagnostic.ts";
import { quoted } from "../../core/documents/words.ts";
import type { NativeContext } from "../../core/engine.ts";
import { nameParts } from "../../core/names.ts";
import type { RowAccess, RowPolicy } from "../../core/specs.ts";
import { roleNamed, rolesOf, sameName } from "./ways.ts";
import { type Looked, selfService, unlimited } from "./ways-past.ts";

export interface Reviewed extends Pick<RowAccess, "table" | "name" | "to" | "restrictive"> {
  /** What its rule looks into. */
  readonly looked: Looked | undefined;
  /** Names of its own policies. */
  readonly policies: readonly string[];
}

export function reviewRows(spec: Reviewed, native: NativeContext): Diagnostic[] {
  const others = policiesOn(spec.table, native).filter(
    ({ name, to }) => !spec.policies.includes(name) && concern(spec.to, to ?? EVERYBODY, native),
  );
  const opening = others.filter((other) => other.as !== "restrictive");
  const own = new Set(spec.to.flatMap((role) => [...rolesOf(role, native).keys()]));
  const otherwise = "or take the role out of `to`";
  const writes = (role: string): boolean => concern(spec.to, [role], native);
  return [
    ...spec.to.flatMap((role) => unbound(spec, role, native)),
    ...unlimited(spec.table, { binds: (role) => own.has(role), otherwise }, native),
    ...(spec.looked ? selfService(spec.name, spec.looked, { binds: writes, otherwise }, native) : []),
    ...(spec.restrictive ? (opening.length === 0 ? [closed(spec)] : []) : joined(spec, opening)),
    ...ownerClosed(spec, native),
  ];
}

const EVERYBODY: readonly string[] = ["public"];

/** Is there a role that both are for? A member has the policies of its groups. */
export function concern(some: readonly string[], others: readonly string[], native: NativeContext): boolean {
  if ([some, others].some((roles) => roles.includes("public"))) return true;
  const within = (roles: readonly string[], groups: readonly string[]): boolean =>
    roles.some((role) => groups.some((group) => rolesOf(role, native).has(group)));
  return within(some, others) || within(others, some);
}

/** Policies of a table, those of other hands included. */
function policiesOn(table: string, { desired, live }: Pick<NativeContext, "desired" | "live">): RowPolicy[] {
  const there = (policiesIn(live).get(sameName(table)) ?? []).filter(([at]) => !desired.has(at));
  return [...(policiesIn(desired).get(sameName(table)) ?? []), ...there].map(([, policy]) => policy);
}

type Policies = ReadonlyMap<string, readonly (readonly [Address, RowPolicy])[]>;

const POLICIES = new WeakMap<Catalog, Policies>();

/** Policies by table; a catalog is gone through once, however many rules ask. */
function policiesIn(catalog: Catalog): Policies {
  const known = POLICIES.get(catalog);
  if (known) return known;
  const found = new Map<string, (readonly [Address, RowPolicy])[]>();
  for (const [at, { kind, spec }] of catalog) {
    if (kind !== "RowPolicy") continue;
    const policy = spec as unknown as RowPolicy;
    const table = sameName(policy.table);
    found.set(table, [...(found.get(table) ?? []), [at, policy]]);
  }
  POLICIES.set(catalog, found);
  return found;
}

function unbound(spec: Reviewed, role: string, native: NativeContext): Diagnostic[] {
  const { superuser, bypassrls } = roleNamed(role, native) ?? {};
  const owner = native.desired.get(address("Table", nameParts(spec.table)));
  const why = superuser
    ? "is a superuser"
    : bypassrls
      ? "has `bypassrls`"
      : owner?.spec.owner === role && owner.spec.rowSecurity === "on"
        ? "owns the table, whose row security is `on` and not `forced`"
        : undefined;
  if (why === undefined) return [];
  return [
    error("ACCESS_VOID", `${quoted(spec.name)} keeps no row of ${quoted(spec.table)} from ${role}, who ${why}`, {
      detail: `Take that away, or ${quoted(role)} out of \`to\`.`,
    }),
  ];
}

function closed(spec: Reviewed): Diagnostic {
  return warning(
    "ROWS_CLOSED",
    `${quoted(spec.name)} narrows what ${spec.to.join(", ")} see of ${quoted(spec.table)}, and nothing opens it: they see no row`,
    { detail: "Declare what opens the rows as well: a RowAccess without `restrictive`, or a RowPolicy." },
  );
}

/** The application whose tables others made policies for owns them, and is held by these policies as well. One rule tells. */
function ownerClosed(spec: Reviewed, native: NativeContext): Diagnostic[] {
  const at = address("Table", nameParts(spec.table));
  const { found, spec: table } = native.desired.get(at) ?? {};
  const owner = native.live.get(at)?.spec.owner as string | undefined;
  if (!found || table?.rowSecurity !== "forced" || owner === undefined) return [];
  const { superuser, bypassrls } = roleNamed(owner, native) ?? { superuser: true };
  const policies = policiesOn(spec.table, native);
  const isFirst = policies.every(({ name }) => name >= (spec.policies[0] ?? ""));
  const opens = policies.some(({ as, to }) => as !== "restrictive" && concern(to ?? EVERYBODY, [owner], native));
  if (superuser || bypassrls || opens || !isFirst) return [];
  return [
    warning(
      "ROWS_CLOSED",
      `Row security of ${quoted(spec.table)} holds its owner ${owner} as well, and nothing opens rows to it: it sees none`,
      { detail: `Give it a rule of its own, such as a RowAccess \`to: [${owner}]\` with \`condition: "true"\`.` },
    ),
  ];
}

/** Of two intents that both open, one tells. */
function joined(spec: Reviewed, opening: readonly RowPolicy[]): Diagnostic[] {
  const names = opening.map(({ name }) => name).filter((name) => name > (spec.policies[0] ?? ""));
  if (names.length === 0) return [];
  return [
    note(
      "ROWS_JOINED",
      `A row of ${quoted(spec.table)} is seen that meets ${quoted(spec.name)} or ${names.map(quoted).join(" or ")}`,
      { detail: "Where both must hold, say `restrictive: true` on one of them." },
    ),
  ];
}

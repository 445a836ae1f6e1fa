/**
 * Random databases as others leave them behind: roles that are members of each other, objects of several owners, grants
 * by several hands, policies. Numbers stand for one of what there is, so that every reference resolves and a
 * counter-example shrinks.
 */
import fc from "fast-check";

const COMMANDS = ["ALL", "ALL", "SELECT", "SELECT", "INSERT", "UPDATE", "DELETE"] as const;
const CONDITIONS = [
  undefined,
  "true",
  "a > 2",
  "b % 2 = 0",
  "c < 5",
  "a = 1 OR b = 6",
  "c IN (2, 3)",
  "a < 4 AND b <> 2",
  "current_user LIKE '%r1' OR a > 4",
  "current_user NOT LIKE '%r0' OR a > 3",
  "current_user LIKE '%r2'",
] as const;
const BUILT_IN = [
  "pg_read_all_data",
  "pg_write_all_data",
  "pg_maintain",
  "pg_monitor",
  "pg_database_owner",
  "postgres",
] as const;

const index = fc.nat({ max: 11 });
const often = fc.integer({ min: 0, max: 3 }).map((one) => one > 0);
const seldom = fc.integer({ min: 0, max: 9 }).map((one) => one === 9);
const list = <T>(of: fc.Arbitrary<T>, maxLength: number, minLength = 0): fc.Arbitrary<T[]> =>
  fc.array(of, { minLength, maxLength, size: "max" });

const role = fc.record({
  superuser: fc.integer({ min: 0, max: 24 }).map((one) => one === 24),
  inherit: often,
  bypassrls: seldom,
  /** Role of the server that it is a member of. */
  builtIn: fc.option(fc.constantFrom(...BUILT_IN), { nil: undefined, freq: 5 }),
});
const membership = fc.record({ member: index, of: index, admin: fc.boolean(), inherit: often, set: often });
/** The same membership, by another hand. */
const handed = fc.tuple(membership, index);
const policy = fc.record({
  command: fc.constantFrom(...COMMANDS),
  restrictive: fc.integer({ min: 0, max: 2 }).map((one) => one === 2),
  /** Nobody in particular is everybody. */
  to: fc.oneof(fc.constant<number[]>([]), list(index, 3)),
  using: fc.constantFrom(...CONDITIONS),
  withCheck: fc.constantFrom(...CONDITIONS),
});
const table = fc.record({
  owner: index,
  schema: index,
  partitioned: seldom,
  /** Had another column once. */
  dropped: seldom,
  security: fc.constantFrom("off", "on", "on", "forced"),
  policies: list(policy, 5),
});
const view = fc.record({
  sort: fc.constantFrom("definer", "definer", "invoker", "materialized"),
  owner: index,
  schema: index,
  from: list(index, 2, 1),
  /** Its owner was given what it reads. */
  lent: fc.boolean(),
  filter: index,
  wholeRow: seldom,
  /** Column of its sources that it shows. */
  column: fc.constantFrom("a" as const, "b" as const),
});
const grant = fc.record({
  on: fc.constantFrom("relation", "relation", "relation", "relation", "schema", "sequence", "function", "database"),
  object: index,
  privilege: index,
  columns: fc.option(fc.subarray(["a", "b", "c"], { minLength: 1 }), { nil: undefined, freq: 2 }),
  /** -1 is everybody. */
  to: fc.integer({ min: -1, max: 11 }),
  option: seldom,
  by: fc.option(index, { nil: undefined, freq: 4 }),
  /** Takes it away instead, leaves nothing but this to whoever owns it, or makes another role the owner. */
  instead: fc.option(fc.constantFrom("revoke", "revoke from owner", "leave to owner", "revoke from public", "own"), {
    nil: undefined,
    freq: 5,
  }),
});

export const arbitraryGrants = fc.record({
  roles: list(role, 7, 3),
  memberships: list(membership, 9),
  handed: list(handed, 2),
  schemas: list(fc.record({ owner: index, open: often }), 2, 1),
  tables: list(table, 3, 1),
  views: list(view, 4),
  foreignTables: list(index, 1),
  sequences: list(index, 1),
  functions: list(index, 2),
  grants: list(grant, 30, 4),
  ownsDatabase: seldom,
});

/** One random database, before it has names. */
export type Random = typeof arbitraryGrants extends fc.Arbitrary<infer T> ? T : never;

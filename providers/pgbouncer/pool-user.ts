/**
 * A user in two files: limits under `[users]`, and in the userlist what proves it. A verifier lets a client in and is
 * passed on to the server where that has the same one; to log in by itself the pooler needs the password in clear.
 * https://www.pgbouncer.org/config.html#authentication-file-format
 */
import { address } from "../../core/address.ts";
import type { Statement } from "../../core/engine.ts";
import type { Spec } from "../../core/kind.ts";
import { specOf, USERS, valuesOf } from "../../core/pools/keys.ts";
import type { PoolUser } from "../../core/specs.ts";
import { expr, type Sql, secretHole, sql } from "../../core/sql.ts";
import { pairsText } from "./ini.ts";
import { neverUser, restarting, unrestartable, whyGone, whyUser } from "./memory.ts";
import { type PoolerHandler, usersHeld } from "./snapshot.ts";
import { edits } from "./statements.ts";
import { unknownKeys } from "./versions.ts";

export const poolUser: PoolerHandler<PoolUser> = {
  *inspect(snapshot) {
    for (const [name, { values, unloaded }] of usersHeld(snapshot))
      yield { name, ...specOf(values, USERS), ...snapshot.matched.get(name), unloaded };
  },
  check: (spec, target, context) => [
    // Of whom the userlist knows already, it may be all that is declared: passwords cannot be read back.
    ...(saysNothing(spec) && !context.live.has(address("PoolUser", spec.name))
      ? ["it says nothing of a user whom the pooler does not know: give `from`, `password` or a limit"]
      : []),
    ...neverUser(spec, context),
    ...unrestartable(whyUser(spec, context), context.facts),
    ...unknownKeys("users", valuesOf(spec as unknown as Spec, USERS).keys(), target),
    ...(spec.name === target.user ? ["it is the user of the console, whom nobody changes under way"] : []),
  ],
  create: (spec, context) => [...proof(spec), ...limits(spec, []), ...restarting(whyUser(spec, context), [spec.name])],
  alter: ({ before, after, fields }, context) => {
    const proves = fields.some(({ path }) => ["from", "password", "keep"].includes(path[0] as string));
    const others = fields.some(({ path }) => !["from", "password", "keep"].includes(path[0] as string));
    const goes = proves && after.from === undefined && !after.password;
    return [
      ...(goes ? unproved(after) : proves ? proof(after) : []),
      ...(others ? limits(after, [before]) : []),
      ...restarting([...whyUser(after, context), ...(goes ? whyGone(after.name, context) : [])], [after.name]),
    ];
  },
  drop: ({ name }, context) => [
    ...unproved({ name }),
    { sql: edits("users", [[name, undefined]]) },
    ...restarting(whyGone(name, context), [name]),
  ],
};

function saysNothing({ name: _, from, password, ...limits }: PoolUser): boolean {
  return from === undefined && password === undefined && valuesOf(limits as unknown as Spec, USERS).size === 0;
}

/** The line of the userlist; what proves the user is put in when it runs. */
function proof({ name, from, password, keep = "verifier" }: PoolUser): Statement[] {
  const value = lender(from) ?? (password && sql`${secretHole(password, keep, name)}`);
  return value ? [{ sql: edits("userlist", [[name, value]]) }] : [];
}

function unproved({ name }: Pick<PoolUser, "name">): Statement[] {
  const message = `${name} is no longer known to the pooler`;
  return [
    {
      sql: edits("userlist", [[name, undefined]]),
      hazards: [{ code: "NARROWS_ACCESS", message, affects: [name] }],
    },
  ];
}

function lender(from: string | undefined): Sql | undefined {
  return from === undefined ? undefined : expr(`verifier of the role in ${from}`);
}

/** The data source that a line of the userlist names. */
export function lentBy(value: string): string | undefined {
  return /^verifier of the role in (.+)$/.exec(value)?.[1];
}

function limits(spec: PoolUser, formerly: readonly PoolUser[]): Statement[] {
  const values = valuesOf(spec as unknown as Spec, USERS);
  const had = formerly.some((before) => valuesOf(before as unknown as Spec, USERS).size > 0);
  if (values.size > 0) return [{ sql: edits("users", [[spec.name, pairsText(values)]]) }];
  return had || formerly.length > 0 ? [{ sql: edits("users", [[spec.name, undefined]]) }] : [];
}

/**
 * A line of `[databases]`. A RELOAD changes sizes without a client noticing. Where the server behind it changes, a pool by
 * transaction or statement is paused meanwhile, so that nothing runs on the old server once something has run on the new
 * one; sessions stay where they are until they end. https://www.pgbouncer.org/config.html#section-databases
 */
import { address } from "../../core/address.ts";
import type { Alteration, FieldChange, PlanContext, Statement } from "../../core/engine.ts";
import type { Spec } from "../../core/kind.ts";
import { POOLS, specOf, valuesOf } from "../../core/pools/keys.ts";
import { modeOf, poolingOf } from "../../core/pools/model.ts";
import type { ConnectionPool } from "../../core/specs.ts";
import { pairsText } from "./ini.ts";
import { neverPool, restarting, unrestartable, whyPool } from "./memory.ts";
import { databasesHeld, type PoolerHandler } from "./snapshot.ts";
import { command, edits } from "./statements.ts";
import { unknownKeys } from "./versions.ts";

export const connectionPool: PoolerHandler<ConnectionPool> = {
  *inspect(snapshot) {
    for (const [name, { values, unloaded }] of databasesHeld(snapshot)) {
      const row = snapshot.databases.get(name);
      const { password: _, ...shown } = Object.fromEntries(values);
      const place = values.get("host") ? {} : { host: "" };
      yield {
        ...withoutOwnName({
          ...place,
          ...specOf(new Map(Object.entries(shown)), POOLS),
          name,
        } as unknown as ConnectionPool),
        ...(row?.get("paused") === "1" && snapshot.paused.has(name) && { paused: true }),
        ...(row?.get("disabled") === "1" && { disabled: true }),
        unloaded: unloaded.entry === undefined ? unloaded : { entry: unloaded.entry },
      };
    }
  },
  check: (spec, target, context) => [
    ...unknownKeys("databases", valuesOf(spec as unknown as Spec, POOLS).keys(), target),
    ...neverPool(spec, context),
    ...unrestartable(whyPool(liveOf(spec, context), spec, context), context.facts),
  ],
  normalise: withoutOwnName,
  create: (spec, context) => [write(spec), ...restarting(whyPool(undefined, spec, context), [spec.name])],
  alter,
  rename: (from, to) => [{ sql: edits("databases", [[from.name, undefined]]), phase: "rename" }, write(to)],
  drop: ({ name }) => [
    {
      sql: edits("databases", [[name, undefined]]),
      hazards: [
        { code: "NARROWS_ACCESS", message: `clients of ${name} are disconnected and find it no more`, affects: [name] },
      ],
    },
  ],
};

function liveOf({ name }: ConnectionPool, { live }: Pick<PlanContext, "live">): ConnectionPool | undefined {
  return live.get(address("ConnectionPool", name))?.spec as ConnectionPool | undefined;
}

/** The database of the server goes by the name of the pool unless something else is said. */
export function withoutOwnName(spec: ConnectionPool): ConnectionPool {
  const { database, ...rest } = spec;
  return database === undefined || database === spec.name ? rest : spec;
}

function write(spec: ConnectionPool): Statement {
  const { host, port = 5432, ...rest } = spec;
  return {
    sql: edits("databases", [[spec.name, pairsText(valuesOf({ host, port, ...rest } as unknown as Spec, POOLS))]]),
  };
}

const BEHIND: ReadonlySet<string> = new Set(["host", "port", "database"]);

function alter({ before, after, fields }: Alteration<ConnectionPool>, context: PlanContext): Statement[] {
  const { name } = after;
  const moves =
    touches(fields, BEHIND) && modeOf(before, poolingOf(context.live.values())) !== "session" && !before.paused;
  const states = new Set(["paused", "disabled"]);
  return [
    ...(moves ? [{ sql: command("PAUSE", name), phase: "restrict" as const }] : []),
    ...(fields.every(({ path }) => states.has(path[0] as string)) ? [] : [write(after)]),
    ...(moves || touches(fields, new Set(["paused"]))
      ? [{ sql: command("RESUME", name), phase: "expose" as const }]
      : []),
    ...(touches(fields, new Set(["disabled"])) ? [{ sql: command("ENABLE", name), phase: "expose" as const }] : []),
    ...restarting(whyPool(before, after, context), [name]),
  ];
}

function touches(fields: readonly FieldChange[], names: ReadonlySet<string>): boolean {
  return fields.some(({ path }) => names.has(path[0] as string));
}

/**
 * Settings of the pooler as a whole. Most are taken over by a RELOAD; some wait for a restart, which disconnects every
 * client. https://www.pgbouncer.org/config.html
 */
import { address } from "../../core/address.ts";
import type { Alteration, Facts, Hazard, NormaliseContext, PlanContext, Statement } from "../../core/engine.ts";
import type { Spec } from "../../core/kind.ts";
import { SETTINGS, specOf, valuesOf } from "../../core/pools/keys.ts";
import type { PoolerSettings } from "../../core/specs.ts";
import type { Config } from "./console.ts";
import { changedKeys } from "./fields.ts";
import { restarting, unrestartable, whySettings } from "./memory.ts";
import { isDefault, type PoolerHandler, settingsHeld } from "./snapshot.ts";
import { command, edits } from "./statements.ts";
import { unknownKeys } from "./versions.ts";

/** What the console said of each setting. */
export function configOf(facts: Facts): ReadonlyMap<string, Config> {
  return facts.config as ReadonlyMap<string, Config>;
}

export const SELF = address("PoolerSettings", "pgbouncer");

export const poolerSettings: PoolerHandler<PoolerSettings> = {
  *inspect(snapshot) {
    const { values, unloaded } = settingsHeld(snapshot);
    yield { ...specOf(values, SETTINGS), unloaded };
  },
  normalise,
  check: (spec, target, context) => {
    const { facts } = context;
    const live = context.live.get(SELF)?.spec as PoolerSettings | undefined;
    return [
      ...unknownKeys("pgbouncer", valuesOf(spec as Spec, SETTINGS).keys(), target),
      ...unknownToPooler(spec, facts),
      ...(facts.restart === undefined ? waiting(spec, live, facts) : []),
      ...unrestartable(whySettings(live, spec, context), facts),
    ];
  },
  refuse: ({ fields }) =>
    portDiffers(fields)
      ? "it is reached by this port: change it in the file and restart by hand, then say so in `connection.port`"
      : undefined,
  // There is one from the beginning, and it never goes.
  create: () => [],
  drop: () => [],
  alter,
};

/** What is at its default on both sides is left out, as the pooler itself tells its defaults. */
function normalise(spec: PoolerSettings, { facts, live }: NormaliseContext): PoolerSettings {
  const config = configOf(facts);
  const there = valuesOf(live.get(SELF)?.spec ?? {}, SETTINGS);
  const values = [...valuesOf(spec as Spec, SETTINGS)].filter(([key, value]) => {
    const known = config.get(key);
    return !known || there.has(key) || !isDefault(key, value, known.fallback);
  });
  const { protect, ignore } = spec;
  return { ...specOf(new Map(values), SETTINGS), ...(protect && { protect }), ...(ignore && { ignore }) };
}

/** The port itself, and not only what the file says of it. */
function portDiffers(fields: Alteration<PoolerSettings>["fields"]): boolean {
  return fields.some(({ path, to }) => {
    const port = path.length === 1 ? (to as PoolerSettings["listen"])?.port : path[1] === "port" && to;
    return path[0] === "listen" && port !== undefined && port !== false;
  });
}

function unknownToPooler(spec: PoolerSettings, facts: Facts): string[] {
  const config = configOf(facts);
  return Object.keys(spec.settings ?? {}).flatMap((key) => (config.has(key) ? [] : [`it has no setting \`${key}\``]));
}

/** Settings that only a restart takes over, where nobody said how to restart it. */
function waiting(spec: PoolerSettings, live: PoolerSettings | undefined, facts: Facts): string[] {
  const there = valuesOf((live ?? {}) as Spec, SETTINGS);
  const changed = [...valuesOf(spec as Spec, SETTINGS)].filter(
    ([key, value]) => configOf(facts).get(key)?.changeable === false && there.get(key) !== value,
  );
  if (changed.length === 0) return [];
  const keys = changed.map(([key]) => `\`${key}\``).join(", ");
  return [`${keys} changes with a restart only: give the command under \`pgbouncer.restart\` of the DataSource`];
}

function alter({ before, after, fields }: Alteration<PoolerSettings>, context: PlanContext): Statement[] {
  const config = configOf(context.facts);
  const values = valuesOf(after as Spec, SETTINGS);
  const keys = changedKeys(fields, SETTINGS);
  // Of what only the file says otherwise, nothing is written: it is loaded.
  const written = keys.filter((key) => values.has(key) || !fields.every(({ path }) => path[0] === "unloaded"));
  const restarts = keys.filter((key) => config.get(key)?.changeable === false);
  const lines = written.map((key) => {
    const value = values.get(key);
    const fallback = config.get(key)?.fallback;
    return [
      key,
      value === undefined || (fallback !== undefined && isDefault(key, value, fallback)) ? undefined : value,
    ] as const;
  });
  return [
    lines.length > 0 ? { sql: edits("pgbouncer", lines), hazards: hazards(fields) } : { sql: command("RELOAD") },
    ...(restarts.length > 0
      ? [{ sql: command("RESTART"), phase: "expose" as const, hazards: [restart(restarts)] }]
      : []),
    ...restarting(whySettings(before, after, context), ["auth.user"]),
  ];
}

function restart(keys: readonly string[]): Hazard {
  return {
    code: "RESTARTS_POOLER",
    message: `${keys.join(", ")} changes with a restart of the pooler, which disconnects every client`,
    affects: [...keys],
  };
}

const WEAK: ReadonlySet<unknown> = new Set(["trust", "any", "plain"]);
const OPEN: ReadonlySet<unknown> = new Set(["disable", "allow", "prefer"]);

/** Who gets in more easily than before, and who no longer does. */
function hazards(fields: Alteration<PoolerSettings>["fields"]): Hazard[] {
  return fields.flatMap(({ path, from, to }): Hazard[] => {
    const name = path.join(".");
    if (name === "auth.type" && WEAK.has(to))
      return [{ code: "WIDENS_ACCESS", message: `clients no longer prove who they are as before: auth.type ${to}` }];
    if (name === "clientTls.mode" && OPEN.has(to ?? "disable") && !OPEN.has(from ?? "disable"))
      return [{ code: "WIDENS_ACCESS", message: "clients may connect without encryption" }];
    if (name === "clientTls.mode" && !OPEN.has(to ?? "disable") && OPEN.has(from ?? "disable"))
      return [{ code: "NARROWS_ACCESS", message: "clients that do not encrypt are refused" }];
    if (name !== "admins") return [];
    const added = ((to ?? []) as readonly string[]).filter(
      (user) => !((from ?? []) as readonly string[]).includes(user),
    );
    return added.length === 0
      ? []
      : [{ code: "WIDENS_ACCESS", message: `${added.join(", ")} may do everything on the console`, affects: added }];
  });
}

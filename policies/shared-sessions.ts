/** Pools in which the next client finds the session of the one before, as far as they lead to the database that is judged. */
import type { Judged } from "../core/guardrail.ts";
import { sharing } from "../core/pools/model.ts";
import type { PoolerAccess } from "../core/specs.ts";
import { objectsOf } from "./objects.ts";

/** In words, for a message; undefined where there are none. */
export function sharedPools({ declared }: Judged): string | undefined {
  const pools = objectsOf("PoolerAccess", declared)
    .filter(({ spec }) => spec.database === undefined)
    .flatMap(({ spec }) => inWords(spec));
  return pools.length === 0 ? undefined : pools.join(", ");
}

function inWords(pool: PoolerAccess): string[] {
  const { name, mode = "session" } = pool;
  return [...sharing(pool)].map(([shared, whom]) =>
    shared === mode ? `${name} (${shared})` : `${name} (${shared} for ${whom.join(", ")})`,
  );
}

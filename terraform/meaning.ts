/**
 * Whether two specs say the same of their data source, whatever else they say of others. What changes in those alone is
 * no change of this resource. Both walks of Terraform must come to the same answer, and in the first of them values may
 * not be known: so the texts alone decide, with something else in the place of each value.
 */
import type { Ready } from "../core/doors/ready.ts";
import { Refusal } from "../core/errors.ts";
import { lower } from "../core/lower.ts";
import type { Json } from "../core/schema.ts";
import { UNKNOWN } from "./plugin/provider.ts";
import { load } from "./spec.ts";

/** Do both mean the same, with the values of the one? Asked only of what stands among other data sources. */
export async function sameMeaning(spec: string, before: string): Promise<boolean> {
  if (!namesDataSource(spec)) return false;
  const standIns = new StandIns();
  const now = await meaning(spec, standIns);
  const { size } = standIns;
  const then = await meaning(before, standIns);
  // A value that is no longer given is one that the former text would miss.
  return now !== undefined && now === then && standIns.size === size;
}

/** What a session leads to beside its own data source, as far as it is reached by it. */
export function ledTo({ engine, others }: Ready): Json {
  if (!engine.capabilities.leadsOn) return [];
  return [...(others ?? [])].map(([name, { engine: of, connection, replicas }]) => [
    name,
    of,
    connection as Json,
    (replicas ?? []) as Json,
  ]);
}

async function meaning(spec: string, values: StandIns): Promise<string | undefined> {
  try {
    const declared = await load(spec, values);
    if (declared === UNKNOWN) return undefined;
    const { ready, own } = declared;
    // What others ask of it counts by what comes of it here.
    const { desired } = lower(ready.declared, ready.engine, undefined);
    return JSON.stringify([
      [ready.source, ledTo(ready)],
      own.map(({ kind, spec, override }) => [kind, spec, override]),
      [...desired].map(([address, object]) => [address, object.spec]),
    ]);
  } catch (problem) {
    if (problem instanceof Refusal) return undefined;
    throw problem;
  }
}

function namesDataSource(spec: string): boolean {
  try {
    return typeof (JSON.parse(spec) as { readonly dataSource?: Json }).dataSource === "string";
  } catch {
    return false;
  }
}

/** Another value for each name that is asked for, and the same one each time; text and number alike. */
class StandIns extends Map<string, string> {
  override get(name: string): string {
    const known = super.get(name) ?? `${this.size + 1}`;
    this.set(name, known);
    return known;
  }
}

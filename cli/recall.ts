/** The last empty plan: told again without reading the documents or the catalogs, as long as neither has moved. */
import { hash } from "../core/hash.ts";
import type { Plan } from "../core/plan.ts";
import { asksModules, isSettled, type Remembered, readRemembered, recall } from "../core/recall.ts";
import { probes } from "../core/reconcile.ts";
import { ENGINES } from "../providers/index.ts";
import type { Context } from "./context.ts";
import type { Read } from "./declaration.ts";
import { type Opened, planAll, type Reachable, withSessions } from "./sessions.ts";

type Known = Reachable & { readonly remembered: Remembered };

/** Everything that a plan depends on besides documents and live systems. */
function keyOf({ options }: Context, { contentHash, reached }: Read): string {
  return hash([
    contentHash,
    options.mode ?? null,
    options.dataSource ?? null,
    reached?.engine ?? null,
    reached?.name ?? null,
  ]);
}

/** The remembered plans, if every one of them still holds. */
export async function recalled(context: Context, read: Read): Promise<readonly Plan[] | undefined> {
  const text = read.cache?.readHead(keyOf(context, read));
  const remembered = text === undefined ? undefined : readRemembered(text);
  if (!remembered) return undefined;
  const known: Known[] = [];
  for (const one of remembered) {
    const load = ENGINES.get(one.source.engine);
    if (!load) return undefined;
    known.push({
      source: one.source,
      origin: undefined,
      engine: await load(),
      url: read.reached?.url,
      others: new Map((one.plan.others ?? []).map((other) => [other.name, other])),
      remembered: one,
    });
  }
  const plans = await withSessions(context, known, true, (opened) =>
    Promise.all(opened.map(({ ready, session }) => recall(session, ready.remembered))),
  );
  return plans.every((plan) => plan !== undefined) ? plans : undefined;
}

/** Plans all data sources, and remembers it where there is nothing to do. */
export async function planAndRemember(
  context: Context,
  read: Read,
  opened: readonly Opened[],
): Promise<readonly Plan[]> {
  const { cache } = read;
  if (!cache) return planAll(context, opened);
  // Taken before the inspection, so that whatever moves from now on shows.
  const fingerprints = await Promise.all(opened.map(({ session }) => session.fingerprint()));
  const plans = await planAll(context, opened);
  if (!plans.every(isSettled) || opened.some(({ ready }) => asksModules(ready.declared))) return plans;
  const remembered = opened.map(async ({ ready, session }, index): Promise<Remembered> => {
    const probed = probes(ready.declared, ready.engine);
    const state = probed.size > 0 ? await session.probe(probed) : "";
    return {
      source: ready.source,
      plan: plans[index] as Plan,
      fingerprint: fingerprints[index] as string,
      probes: [...probed],
      state,
    };
  });
  cache.writeHead(keyOf(context, read), JSON.stringify(await Promise.all(remembered)));
  return plans;
}

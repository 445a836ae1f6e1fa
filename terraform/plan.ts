/**
 * The plan of a declaration that is created or updated. Terraform's core checks it: what was written must stand in it as
 * it was written, and the walk that applies must come to the same.
 */

import type { Ready } from "../core/doors/ready.ts";
import type { Secrets } from "../core/secret.ts";
import { type PlanAnswer, refused } from "./answers.ts";
import { ResourceSecrets, reachable } from "./connection.ts";
import { protectedFrom, warnOfDestruction } from "./destroy.ts";
import { thrown, told } from "./diagnostics.ts";
import { isAhead } from "./elsewhere.ts";
import { replacedBy } from "./existing.ts";
import { type Kept, kept } from "./kept.ts";
import { type Live, look, lookAgain, lookKey, taken } from "./live.ts";
import { ledTo, sameMeaning } from "./meaning.ts";
import { changes, isRefused, type Planned, planWith } from "./planning.ts";
import { type Diagnostic, type PlanRequest, UNKNOWN, type Values } from "./plugin/provider.ts";
import { SHOWN } from "./schemas.ts";
import { readSettings, type Settings } from "./settings.ts";
import { type Declared, declaredBy, sameSpec } from "./spec.ts";
import { staleness } from "./staleness.ts";

/** What `apply` runs: made by `plan` in the same process, because Terraform plans again before it applies. */
export interface Prepared {
  /** As it was declared, whatever the configuration says of its connection. */
  readonly declared: Ready;
  readonly ready: Ready;
  readonly secrets: Secrets;
  readonly settings: Settings;
  readonly planned: Planned;
}

const prepared = new Map<string, Prepared>();
let count = 0;

/** What was prepared under a name, once. */
export function preparedAs(name: string | undefined): Prepared | undefined {
  const found = name === undefined ? undefined : prepared.get(name);
  if (name !== undefined) prepared.delete(name);
  return found;
}

export async function plan(request: PlanRequest & { readonly config: Values }): Promise<PlanAnswer> {
  const { config, prior } = request;
  const { settings, unknown, diagnostics } = readSettings(config);
  const secrets = new ResourceSecrets(settings);
  try {
    if (unknown) return await later(request, diagnostics);
    if (!settings) return refused(diagnostics);
    const declared = await declaredBy(settings);
    if (declared === UNKNOWN || settings.planOffline) return await later(request, diagnostics);
    return await planLive(request, settings, declared, secrets);
  } catch (problem) {
    return refused(thrown(problem, secrets));
  } finally {
    // What was read and turned out not to be needed.
    await (prior && taken(lookKey(prior)))?.session.close();
  }
}

type Request = PlanRequest & { readonly config: Values };

async function planLive(
  request: Request,
  settings: Settings,
  declared: Declared,
  secrets: Secrets,
): Promise<PlanAnswer> {
  const { prior, config } = request;
  const read = prior ? readFor(prior, settings, declared.ready) : undefined;
  const live = read
    ? await lookAgain(read, declared.ready)
    : await look(await reachable(declared.ready, settings, secrets), secrets);
  try {
    if (!prior) {
      const before = await placeTakenFrom(declared.ready, live, settings);
      if (before) return await replacement(request, before, secrets);
    }
    const planned = await planWith(live, settings.mode, settings);
    const { stale, shown } = staleness({ request, config, planned, justRead: read !== undefined });
    if (stale) return refused(told([stale]));
    const diagnostics = told(planned.diagnostics, live.secrets);
    if (isRefused(planned)) return refused(diagnostics);
    isAhead(declared.ready, planned.plan);
    const one = { declared: declared.ready, ready: live.ready, secrets: live.secrets, settings, planned };
    return await answer(request, one, shown ? [] : diagnostics);
  } finally {
    await live.session.close();
  }
}

/** What `read` saw, if the plan is for the very same connection. */
function readFor(prior: Values, { url, password }: Settings, ready: Ready): Live | undefined {
  if (url !== undefined || password !== undefined) return undefined;
  const live = taken(lookKey(prior));
  if (!live) return undefined;
  // What a session was opened with, it works with: its own data source, and those that it leads to.
  const place = (each: Ready): string => JSON.stringify([each.source, ledTo(each)]);
  if (place(live.ready) === place(ready)) return live;
  void live.session.close();
  return undefined;
}

async function answer(request: Request, one: Prepared, diagnostics: readonly Diagnostic[]): Promise<PlanAnswer> {
  const { prior, config } = request;
  const { planned } = one;
  count += 1;
  const name = `${process.pid}.${count}`;
  prepared.set(name, one);
  const computed: Values =
    prior && !changes(planned)
      ? {
          changes: given(prior.changes),
          hazards: given(prior.hazards),
          access: given(prior.access),
          fingerprint: given(prior.fingerprint),
        }
      : { changes: planned.changes, hazards: planned.hazards, access: planned.access, fingerprint: UNKNOWN };
  const { identity } = planned.plan.target;
  return {
    planned: { ...(await written(config, prior)), ...computed },
    private: kept({ ...keptOf(request), identity, fingerprint: planned.fingerprint, plan: name }),
    diagnostics,
  };
}

/** All that is written, as it was written; a spec that says the same in another way stays as it is in the state. */
async function written(config: Values, prior: Values | null): Promise<Values> {
  const { spec } = config;
  const before = prior?.spec;
  const isSame =
    typeof spec === "string" &&
    typeof before === "string" &&
    (sameSpec(spec, before) || (await sameMeaning(spec, before)));
  return { ...config, spec: isSame ? before : given(spec), password: null, url: null };
}

/** Known after apply. */
async function later(request: Request, diagnostics: readonly Diagnostic[]): Promise<PlanAnswer> {
  const { config, prior } = request;
  const unknown: Values = Object.fromEntries([...SHOWN, "fingerprint"].map((name) => [name, UNKNOWN] as const));
  return {
    planned: { ...(await written(config, prior)), ...unknown },
    private: kept(keptOf(request)),
    diagnostics,
  };
}

/** Where the connection stands now; and what was kept so far, for a state that stays because the apply fails. */
function keptOf({ config, private: before }: Pick<Request, "config" | "private">): Kept {
  const isWritten = [config.url, config.password].some((value) => value === UNKNOWN || (value ?? "") !== "");
  return { connection: isWritten ? "config" : "spec", ...(before && { before }) };
}

function given(value: Values[string] | undefined): Values[string] {
  return value ?? null;
}

/** The state of the declaration that is destroyed before this one is created. */
async function placeTakenFrom(declared: Ready, { ledger }: Live, { url }: Settings): Promise<Values | undefined> {
  const before = await replacedBy(declared, url === undefined ? "known" : "unknown");
  if (url === undefined) return before;
  // The same declaration for another database has left no trace in this one.
  return [...(ledger?.values() ?? [])].some(({ by }) => by === undefined) ? before : undefined;
}

/** What will be made again is known once what is there is gone. */
async function replacement(request: Request, before: Values, secrets: Secrets): Promise<PlanAnswer> {
  const refusal = protectedFrom(before);
  if (refusal) return refused(told([refusal], secrets));
  return later(request, await warnOfDestruction(before, request.private));
}

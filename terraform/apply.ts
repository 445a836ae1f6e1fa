/** Applies what was planned. A failed create leaves no state, or Terraform would destroy and create anew next time. */
import type { Secrets } from "../core/secret.ts";
import { ResourceSecrets, reachable } from "./connection.ts";
import { thrown, told } from "./diagnostics.ts";
import { isDone } from "./elsewhere.ts";
import { wasCreated } from "./existing.ts";
import { type Kept, kept, readKept } from "./kept.ts";
import { look } from "./live.ts";
import { type Prepared, preparedAs } from "./plan.ts";
import { isRefused, type Planned, planWith } from "./planning.ts";
import { type ApplyRequest, type Diagnostic, type State, UNKNOWN, type Value, type Values } from "./plugin/provider.ts";
import { run } from "./running.ts";
import { readSettings, type Settings } from "./settings.ts";
import { declaredBy } from "./spec.ts";
import { settled } from "./staleness.ts";

export async function apply(
  request: ApplyRequest & { readonly config: Values; readonly planned: Values },
): Promise<State> {
  const { prior, config, planned } = request;
  const keptBeside = readKept(request.private);
  const { settings, diagnostics } = readSettings(config);
  if (!settings) return failed(prior, keptBeside, diagnostics);
  let secrets: Secrets = new ResourceSecrets(settings);
  try {
    const one = preparedAs(keptBeside.plan) ?? (await prepare(settings, secrets));
    secrets = one.secrets;
    if (isRefused(one.planned)) return failed(prior, keptBeside, told(one.planned.diagnostics, secrets));
    const after = await run({ ...one, mode: settings.mode, limits: settings });
    isDone(one.declared);
    // The same declaration for another database is another one, and where it is stands nowhere.
    if (!prior && settings.url === undefined) wasCreated(one.declared);
    settled(config, prior, one.planned);
    return {
      state: stateOf(planned, one.planned, after),
      private: beside(keptBeside, one.planned, after),
      diagnostics: [],
    };
  } catch (problem) {
    return failed(prior, keptBeside, thrown(problem, secrets));
  }
}

/** The plan of what Terraform itself could not plan before: values were not known, or planning was to stay offline. */
async function prepare(settings: Settings, secrets: Secrets): Promise<Prepared> {
  const declared = await declaredBy(settings);
  if (declared === UNKNOWN) throw new Error("A value of the declaration is not known although it is applied");
  const live = await look(await reachable(declared.ready, settings, secrets), secrets);
  try {
    const planned = await planWith(live, settings.mode, settings);
    return { declared: declared.ready, ready: live.ready, secrets, settings, planned };
  } finally {
    await live.session.close();
  }
}

/** What was planned, with what was left open: all else must come back as it was planned. */
function stateOf(planned: Values, made: Planned, after: string): Values {
  const known = (name: string, value: Value): Value => (planned[name] === UNKNOWN ? value : (planned[name] ?? null));
  return {
    ...planned,
    changes: known("changes", made.changes),
    hazards: known("hazards", made.hazards),
    access: known("access", made.access),
    fingerprint: known("fingerprint", after),
  };
}

/** As `read` would keep it: what differs from that is a change to Terraform, even where nothing is to be seen. */
function beside({ connection }: Kept, { plan: { target } }: Planned, fingerprint: string): string {
  return kept(
    connection === "config" ? { connection } : { connection: "spec", identity: target.identity, fingerprint },
  );
}

function failed(prior: Values | null, { before }: Kept, diagnostics: readonly Diagnostic[]): State {
  return { state: prior, private: before, diagnostics };
}

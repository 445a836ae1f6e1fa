/**
 * Destroying a declaration drops what Datumline made for it, as its ledger says, and leaves what others made. Terraform
 * forgets the configuration first, so the connection must come from the state, or from the variables of the engine.
 */
import { readable } from "../core/address.ts";
import { hasErrors as areErrors, error, note, type Diagnostic as Told, warning } from "../core/diagnostic.ts";
import type { Ready } from "../core/doors/ready.ts";
import { Refusal } from "../core/errors.ts";
import { counted } from "../core/render/values.ts";
import { type PlanAnswer, refused } from "./answers.ts";
import { ResourceSecrets, reachable } from "./connection.ts";
import { thrown, told } from "./diagnostics.ts";
import { isGone, isReplaced } from "./existing.ts";
import { kept, readKept } from "./kept.ts";
import { type Live, look, lookAgain, lookKey, taken } from "./live.ts";
import { isRefused, type Limits, type Planned, planWith } from "./planning.ts";
import {
  type ApplyRequest,
  type Diagnostic,
  type Private,
  type State,
  UNKNOWN,
  type Values,
} from "./plugin/provider.ts";
import { run } from "./running.ts";
import { readSettings } from "./settings.ts";
import { declaredBy } from "./spec.ts";

/** The user has taken the protection off, which says more than a list of hazards. */
const LIMITS: Limits = { allow: "all", maxDrops: undefined, maxRevokes: undefined };

export function protectedFrom(state: Values): Told | undefined {
  if (state.protect === false) return undefined;
  return error("DECLARATION_PROTECTED", "The declaration is protected from being destroyed", {
    detail:
      "Set `protect = false` and apply that first; then destroy. If it only has a new name in Terraform, write a `moved` block instead.",
  });
}

export async function planDestruction(prior: Values, given: Private): Promise<PlanAnswer> {
  const refusal = protectedFrom(prior);
  if (refusal) return refused(told([refusal]));
  const secrets = new ResourceSecrets();
  try {
    if (prior.plan_offline === true) {
      const unseen = warning("DESTROY", "The declaration is destroyed, and what is dropped is known after apply", {
        detail: "It says `plan_offline = true`.",
      });
      return refused(told([unseen]));
    }
    const left = await nothingDeclared(prior);
    const planned = await planNothing(left, secrets, given, taken(lookKey(prior)));
    if (isRefused(planned)) return refused(told(planned.diagnostics, secrets));
    return {
      planned: null,
      private: kept({ ...readKept(given), outcome: planned.outcome, ...(given && { before: given }) }),
      diagnostics: told([...planned.diagnostics, whatGoes(left.ready, planned)], secrets),
    };
  } catch (problem) {
    return refused(thrown(problem, secrets));
  }
}

/** The same warning where a declaration is destroyed to be created anew. */
export async function warnOfDestruction(prior: Values, given: Private): Promise<readonly Diagnostic[]> {
  return (await planDestruction(prior, given)).diagnostics;
}

export async function applyDestruction(prior: Values, { private: given }: ApplyRequest): Promise<State> {
  const secrets = new ResourceSecrets();
  const failed = (diagnostics: readonly Diagnostic[]): State => ({
    state: prior,
    private: readKept(given).before,
    diagnostics,
  });
  const refusal = protectedFrom(prior);
  if (refusal) return failed(told([refusal]));
  try {
    const left = await nothingDeclared(prior);
    const { ready } = left;
    if (isReplaced(ready)) return failed(told([createdBefore(ready)]));
    const planned = await planNothing(left, secrets, given);
    if (isRefused(planned)) return failed(told(planned.diagnostics, secrets));
    const { outcome } = readKept(given);
    if (outcome !== undefined && outcome !== planned.outcome) return failed(told([changedSince()]));
    await run({ ready, secrets, mode: "additive", limits: LIMITS, planned });
    isGone(prior);
    return { state: null, diagnostics: [] };
  } catch (problem) {
    return failed(thrown(problem, secrets));
  }
}

function changedSince(): Told {
  return error("STALE_PLAN", "What would be dropped has changed since the plan was made", {
    detail: "Nothing was dropped. Plan again and review it.",
  });
}

function createdBefore({ source }: Ready): Told {
  return error("DESTROY", `${source.name} was created anew before it is destroyed, so destroying it would undo that`, {
    detail: "Take `create_before_destroy` out of its lifecycle.",
  });
}

/** A data source in which nothing is declared any more. */
interface Left {
  readonly ready: Ready;
  /** Addresses of what said `protect: true`. */
  readonly held: ReadonlySet<string>;
}

async function nothingDeclared(state: Values): Promise<Left> {
  const { settings, diagnostics } = readSettings({ ...state, mode: null, allow: null });
  const declared = settings && (await declaredBy(settings));
  if (!declared || declared === UNKNOWN)
    throw new Refusal([error("INTERNAL", diagnostics[0]?.summary ?? "The state holds a value that is not known")]);
  const { ready } = declared;
  const { manage: _, ...source } = ready.source;
  return {
    ready: { ...ready, source: { ...source, manage: { mode: "additive" } }, declared: new Map() },
    held: new Set([...ready.declared].flatMap(([address, { spec }]) => (spec.protect === true ? [address] : []))),
  };
}

async function planNothing(
  { ready, held }: Left,
  secrets: ResourceSecrets,
  given: Private,
  read?: Live,
): Promise<Planned> {
  const looking = read ? lookAgain(read, ready) : look(await reachable(ready, {}, secrets), secrets);
  const live = await looking.catch((problem: unknown) => {
    throw withoutConfiguration(problem, given);
  });
  try {
    const planned = await planWith(live, "additive", LIMITS);
    const refusals = planned.plan.steps
      .filter(({ address, action, intent }) => action === "drop" && (held.has(address) || held.has(intent ?? "")))
      .map(({ address }) =>
        error("PROTECTED", `${readable(address)} would be dropped, and its document says \`protect: true\``, {
          address,
          detail: "Take the mark off and apply that first.",
        }),
      );
    return refusals.length === 0 ? planned : { ...planned, diagnostics: [...planned.diagnostics, ...refusals] };
  } finally {
    await live.session.close();
  }
}

/** A connection that stood in the configuration is forgotten by now; what to do about it is told with the failure. */
function withoutConfiguration(problem: unknown, given: Private): unknown {
  if (!(problem instanceof Refusal) || !areErrors(problem.diagnostics)) return problem;
  const wasWritten = readKept(given).connection !== "config";
  const hint = wasWritten
    ? "To destroy, Terraform gives the provider the state alone: the connection and the secrets that the state refers to must be there."
    : "To destroy, Terraform forgets `url` and `password` first: let the DataSource refer to its secrets (`password: { env: NAME }`) and apply that before, or set PGHOST, PGUSER, PGPASSWORD and their like.";
  return new Refusal(
    problem.diagnostics.map((each) => ({ ...each, detail: each.detail ? `${each.detail}\n${hint}` : hint })),
  );
}

function whatGoes({ source }: Ready, { changes, plan }: Planned): Told {
  if (changes.length === 0)
    return note("DESTROY", `Destroying ${source.name} changes nothing in ${plan.target.location}`);
  return warning(
    "DESTROY",
    `Destroying ${source.name} runs ${counted(changes.length, "statement")} in ${plan.target.location}`,
    {
      detail: changes.join("\n"),
    },
  );
}

/**
 * `datumline_declaration`: one declared data source. What Terraform's core checks of a provider decides its shape: a plan
 * is a function of configuration, state and what was kept beside the state, so that the walk that applies makes it again.
 */
import { error } from "../core/diagnostic.ts";
import { apply } from "./apply.ts";
import { ResourceSecrets, reachable } from "./connection.ts";
import { applyDestruction, planDestruction } from "./destroy.ts";
import { hasErrors, thrown, told } from "./diagnostics.ts";
import { exists } from "./existing.ts";
import { importing } from "./import.ts";
import { kept, readKept } from "./kept.ts";
import { fingerprintOf, keep, lookAtState, lookKey } from "./live.ts";
import { plan } from "./plan.ts";
import { type Private, type Resource, type State, UNKNOWN, type Values } from "./plugin/provider.ts";
import { DECLARATION, SHOWN } from "./schemas.ts";
import { readSettings } from "./settings.ts";
import { declaredBy } from "./spec.ts";

export const declaration: Resource = {
  schema: DECLARATION,

  async validate(config) {
    const { settings, diagnostics } = readSettings(config);
    if (!settings) return { diagnostics };
    try {
      const declared = await declaredBy(settings);
      return { diagnostics: declared === UNKNOWN ? diagnostics : [...diagnostics, ...told(declared.diagnostics)] };
    } catch (problem) {
      return { diagnostics: [...diagnostics, ...thrown(problem)] };
    }
  },

  async upgrade(state, version) {
    if (version > DECLARATION.version) {
      const newer = error("STATE_VERSION", "The state was written by a newer Datumline", {
        detail: `It has version ${version}, and this one reads ${DECLARATION.version}. Raise the version of the provider.`,
      });
      return { state: null, diagnostics: told([newer]) };
    }
    // What was done last is nothing that the next plan takes away.
    const upgraded = { ...state, ...Object.fromEntries(SHOWN.map((name) => [name, []])) };
    exists(upgraded);
    return { state: upgraded, diagnostics: [] };
  },

  read,

  plan: ({ config, ...request }) =>
    config ? plan({ ...request, config }) : planDestruction(request.prior as Values, request.private),

  apply: ({ config, planned, ...request }) =>
    config && planned
      ? apply({ ...request, config, planned })
      : applyDestruction(request.prior as Values, { ...request, config, planned }),

  import: importing,
};

/** The state stays as it is: what differs shows in the plan, as statements. */
async function read(state: Values, given: Private): Promise<State> {
  const { connection } = readKept(given);
  const unread: State = { state, private: given, diagnostics: [] };
  const { settings } = readSettings(state);
  // Where it is written nowhere how to connect, the plan looks by itself.
  if (!settings || settings.planOffline || connection === "config") return unread;
  const secrets = new ResourceSecrets();
  try {
    const declared = await declaredBy(settings);
    if (declared === UNKNOWN) return unread;
    const live = await lookAtState(await reachable(declared.ready, {}, secrets), secrets);
    keep(lookKey(state), live);
    const { target } = live.inspection;
    const fingerprint = fingerprintOf(live.inspection, live.ready.engine);
    return { ...unread, private: kept({ connection: "spec", identity: target.identity, fingerprint }) };
  } catch (problem) {
    const diagnostics = thrown(problem, secrets);
    return { state, diagnostics: hasErrors(diagnostics) ? diagnostics.map(refreshHint) : diagnostics };
  }
}

function refreshHint<D extends { readonly detail?: string }>(diagnostic: D): D {
  const hint =
    "The state says how to connect. If the configuration says it in another way now, plan with `-refresh=false` once.";
  return { ...diagnostic, detail: diagnostic.detail ? `${diagnostic.detail}\n${hint}` : hint };
}

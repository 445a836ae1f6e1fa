/** Tests how a data source is reached: its secrets, then whatever its engine knows to try. */
import { type Diagnostic, error } from "../diagnostic.ts";
import type { ConnectionStep, DiagnoseOptions } from "../engine.ts";
import { Refusal } from "../errors.ts";
import type { Kind, Spec } from "../kind.ts";
import { KINDS } from "../kinds/index.ts";
import { inTurn } from "../network/steps.ts";
import { type Secrets, secretsIn } from "../secret.ts";
import { secretPlace } from "../sql.ts";
import { failure } from "./failure.ts";
import type { Ready } from "./ready.ts";
import { connectOptions, openPlace, resolveSecrets } from "./sessions.ts";

/** Every step until one that makes the rest pointless; what is wrong is told with the place of the data source. */
export async function* connectionSteps(
  secrets: Secrets,
  ready: Ready,
  options: Pick<DiagnoseOptions, "queries"> = {},
): AsyncGenerator<ConnectionStep> {
  const { engine, source, origin, declared, estate } = ready;
  openPlace(secrets, source);
  for await (const step of all()) {
    const { diagnostic } = step;
    yield diagnostic && origin && !diagnostic.origin ? { ...step, diagnostic: { ...diagnostic, origin } } : step;
  }

  async function* all(): AsyncGenerator<ConnectionStep> {
    if (!(yield* secretSteps(secrets, ready))) return;
    try {
      yield* engine.diagnose(source, { ...connectOptions(secrets, ready, true), declared, estate, ...options });
    } catch (problem) {
      const [diagnostic = error("INTERNAL", "Nothing was told")] = failure(problem).diagnostics;
      yield { step: "engine", ok: false, result: diagnostic.summary, milliseconds: 0, diagnostic };
    }
  }
}

/** One step for all of them, or one for each that cannot be had. */
async function* secretSteps(secrets: Secrets, ready: Ready): AsyncGenerator<ConnectionStep, boolean> {
  const places =
    ready.url === undefined ? secretsIn(KINDS.get("DataSource") as Kind, ready.source as unknown as Spec) : [];
  if (places.length === 0) return true;
  let missing: readonly Diagnostic[] = [];
  const work = async () => {
    await resolveSecrets(secrets, [ready], "connection");
    return { result: [...new Set(places.map(secretPlace))].join(", ") };
  };
  const explain = (problem: unknown): Diagnostic => {
    const { diagnostics } = problem instanceof Refusal ? problem : failure(problem);
    const [first, ...others] = diagnostics as [Diagnostic, ...Diagnostic[]];
    missing = others;
    return first;
  };
  const whole = yield* inTurn([["secrets", work]], { explain });
  for (const diagnostic of missing)
    yield { step: "secrets", ok: false, result: diagnostic.summary, milliseconds: 0, diagnostic };
  return whole;
}

import { type Diagnostic, error } from "../core/diagnostic.ts";
import { type Drift, driftOf } from "../core/drift.ts";
import { Refusal } from "../core/errors.ts";
import { lower } from "../core/lower.ts";
import { ownership } from "../core/ownership.ts";
import { probes } from "../core/reconcile.ts";
import { type DriftFormat, renderDrift } from "../core/render/drift.ts";
import type { Context } from "./context.ts";
import { readDeclaration } from "./declaration.ts";
import { type Opened, resolveSecrets, withSessions } from "./sessions.ts";

/** What differs in the live system from what was last applied. */
export async function drift(context: Context): Promise<number> {
  const { options, output } = context;
  const { load } = await readDeclaration(context, "optional");
  const ready = await load();
  await resolveSecrets(context, ready);
  const drifts = await withSessions(context, ready, true, async (opened) => {
    const found = await Promise.all(opened.map((one) => driftIn(context, one)));
    const failed = found.filter((one): one is Diagnostic => "severity" in one);
    if (failed.length > 0) throw new Refusal(failed, 1);
    return found as readonly Drift[];
  });
  const format = (options.format ?? "text") as DriftFormat;
  output.result(renderDrift(drifts, format, { colour: output.colour, verbose: options.verbose }));
  return drifts.some(({ drifted }) => drifted.length > 0) ? 2 : 0;
}

async function driftIn({ options, output }: Context, { ready, session }: Opened): Promise<Drift | Diagnostic> {
  const { source, engine, declared } = ready;
  if (!session.ledger) {
    const detail =
      "Without a ledger nobody knows what was last applied; `datumline plan` compares with what is declared.";
    return error("LEDGER_UNAVAILABLE", `${source.name} keeps no ledger (\`ledger: none\`)`, { detail });
  }
  const looked = probes(declared, engine);
  const inspection = await session.inspect(looked);
  const ledger = await session.ledger.entries("all");
  const { desired, unwanted, diagnostics } = lower(declared, engine, inspection);
  // Schedules, proofs and the like alone are nothing that is applied to it.
  const isApplied = declared.size === 0 || desired.size > 0;
  if (ledger.size === 0 && isApplied) {
    const detail =
      "`datumline apply` writes the ledger. Is this the right database, and the right schema of the ledger?";
    return error("LEDGER_UNAVAILABLE", `Nothing was ever applied to ${session.target.location}`, { detail });
  }
  // Ways past what is declared that a plan does not close are nobody's drift, and still to be known.
  output.diagnostics(diagnostics.filter(({ severity }) => severity === "warning"));
  return driftOf({
    dataSource: source.name,
    engine,
    inspection,
    ledger,
    ownership: ownership(source, declared, options.mode),
    declared: desired,
    unwanted,
    probes: looked,
  });
}

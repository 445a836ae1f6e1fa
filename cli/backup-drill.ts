import { dirname, resolve } from "node:path";
import { type Evidence, keepEvidence } from "../core/backups/evidence.ts";
import { now } from "../core/clock.ts";
import { type Diagnostic, error } from "../core/diagnostic.ts";
import { type Kept, keyFor, schedulesOf, withStores } from "../core/doors/backups.ts";
import { brokenOff, runDrill } from "../core/doors/drill.ts";
import { failure } from "../core/doors/failure.ts";
import { Refusal } from "../core/errors.ts";
import { evidenceHtml, evidenceText } from "../core/render/evidence.ts";
import type { RestoreDrill } from "../core/specs.ts";
import { STORES } from "../providers/stores/index.ts";
import { placeAsked } from "./backup-options.ts";
import type { Context } from "./context.ts";
import type { Ready } from "./declaration.ts";
import { interruption } from "./interruption.ts";
import { resolveSecrets } from "./sessions.ts";

interface Declared {
  readonly drill: RestoreDrill;
  readonly kept: Kept;
  readonly at: Pick<Diagnostic, "address" | "origin">;
}

/** Restores the newest backup of each drill, or of the one that is named, compares, proves, and keeps the evidence. */
export async function drill(context: Context, ready: readonly Ready[]): Promise<number> {
  const drills = drillsOf(ready, context);
  await resolveSecrets(context, ready, "all");
  await resolveSecrets(context, ready, "proofs");
  const all: Evidence[] = [];
  let worst = 0;
  const at = { stores: STORES, secrets: context.secrets, place: placeAsked(context) };
  // A place that is none of the schedule's is a slip of whoever asked, and nothing that a drill saw.
  for (const { kept } of drills) await withStores(kept, at, async () => undefined);
  const signal = interruption(context.io);
  for (const declared of drills) {
    signal.throwIfAborted();
    const evidence = await tried(context, declared, signal);
    all.push(evidence);
    if (evidence.problems.length > 0) worst = 2;
  }
  if (context.options.format === "json")
    context.output.result(`${JSON.stringify({ version: 1, drills: all }, null, 2)}\n`);
  return worst;
}

/** One that comes to no end did not hold, and is kept as well: what held before says nothing of today's backup. */
async function tried(context: Context, declared: Declared, signal: AbortSignal): Promise<Evidence> {
  const { output, io, options } = context;
  const { drill: spec, at } = declared;
  const startedAt = now();
  const evidence = await run(context, declared, signal).catch((problem: unknown) => {
    signal.throwIfAborted();
    const { diagnostics } = failure(problem);
    output.diagnostics(diagnostics.map((one) => ({ ...at, ...one })));
    const reasons = diagnostics.map(({ summary }) => summary);
    return brokenOff(declared, startedAt, reasons);
  });
  const folder = resolve(io.cwd, dirname(at.origin?.file ?? "x"), spec.evidence ?? "evidence");
  const files = keepEvidence(folder, evidence, evidenceHtml(evidence));
  if (options.format !== "json") output.result(evidenceText(evidence, { colour: output.colour, files }));
  return evidence;
}

async function run(context: Context, { drill: spec, kept }: Declared, signal: AbortSignal) {
  const { output, secrets } = context;
  const key = await keyFor(kept, secrets);
  const into = spec.into?.url && (await secrets.resolve(spec.into.url));
  const meter = output.amount(`Drill ${spec.name}`, undefined);
  return withStores(kept, { stores: STORES, secrets, place: placeAsked(context) }, (stores) =>
    runDrill({
      drill: spec,
      kept,
      stores,
      key,
      into: into === "" ? undefined : into,
      secret: secrets.resolve.bind(secrets),
      progress: meter,
      signal,
    }),
  );
}

function drillsOf(ready: readonly Ready[], { operands, io }: Context): Declared[] {
  const [, name] = operands;
  const schedules = schedulesOf(ready, undefined, io.cwd);
  const all = ready.flatMap((one) =>
    [...one.declared].flatMap(([address, { kind, spec, origin }]): Declared[] => {
      const declared = spec as unknown as RestoreDrill;
      const kept = schedules.find(({ schedule, ready: of }) => of === one && schedule.name === declared.of);
      if (kind !== "RestoreDrill" || !kept) return [];
      return [{ drill: declared, kept, at: { address, ...(origin && { origin }) } }];
    }),
  );
  const chosen = name === undefined ? all : all.filter((one) => one.drill.name === name);
  if (chosen.length > 0) return chosen;
  const known = all.map((one) => one.drill.name).join(", ");
  const summary = name === undefined ? "No RestoreDrill is declared" : `There is no RestoreDrill ${name}`;
  throw new Refusal([
    error("UNKNOWN_REFERENCE", summary, { detail: known ? `Declared are ${known}.` : "Declare one." }),
  ]);
}

import type { ConnectionStep } from "../core/engine.ts";
import { painter } from "../core/render/paint.ts";
import type { Context } from "./context.ts";
import { type Ready, readDeclaration } from "./declaration.ts";
import { resolveSecrets } from "./sessions.ts";

/** Each step of a connection, until the first that fails. */
export async function connect(context: Context): Promise<number> {
  const { load } = await readDeclaration(context, "optional");
  const ready = await load();
  await resolveSecrets(context, ready, "connection");
  const reports: { readonly dataSource: string; readonly ok: boolean; readonly steps: readonly ConnectionStep[] }[] =
    [];
  for (const one of ready) {
    const steps = await stepsOf(context, one);
    reports.push({ dataSource: one.source.name, ok: steps.every(({ ok }) => ok), steps });
  }
  if (context.options.format === "json") {
    context.output.result(`${JSON.stringify(reports.length === 1 ? reports[0] : { connections: reports }, null, 2)}\n`);
  }
  context.output.diagnostics(reports.flatMap(({ steps }) => steps.flatMap(({ diagnostic }) => diagnostic ?? [])));
  return reports.every(({ ok }) => ok) ? 0 : 1;
}

async function stepsOf(
  { options, output, secrets }: Context,
  { source, engine, url }: Ready,
): Promise<ConnectionStep[]> {
  const isText = options.format !== "json";
  const paint = painter(output.colour);
  if (isText) output.result(`${paint("bold", source.name)}\n`);
  const connection = { secret: secrets.resolve.bind(secrets), readOnly: true, ...(url !== undefined && { url }) };
  const steps: ConnectionStep[] = [];
  for await (const step of engine.diagnose(source, connection)) {
    steps.push(step);
    const sign = !step.ok ? paint("red", "✗") : step.diagnostic ? paint("yellow", "!") : paint("green", "✓");
    const took = paint("dim", `${step.milliseconds} ms`);
    if (isText) output.result(`  ${sign} ${step.step.padEnd(16)} ${step.result}  ${took}\n`);
  }
  return steps;
}

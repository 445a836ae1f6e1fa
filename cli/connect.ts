/** `datumline connect`: all data sources side by side, each told in the order in which it is declared. */
import { Readable } from "node:stream";
import { connectionSteps } from "../core/doors/connect.ts";
import type { ConnectionStep } from "../core/engine.ts";
import { type Paint, painter } from "../core/render/paint.ts";
import type { Context } from "./context.ts";
import { readDeclaration } from "./declaration.ts";

interface Report {
  readonly dataSource: string;
  readonly ok: boolean;
  readonly steps: readonly ConnectionStep[];
}

/** Each step of each connection, until the first that fails. */
export async function connect({ options, output, secrets, ...context }: Context): Promise<number> {
  const { load } = await readDeclaration({ options, output, secrets, ...context }, "optional");
  const { format, queries } = options;
  const asked = queries === undefined ? {} : { queries };
  const running = (await load()).map((ready) => ({
    name: ready.source.name,
    steps: begun(connectionSteps(secrets, ready, asked)),
  }));
  const paint = painter(output.colour);
  const tell = (text: string): void => {
    if (format !== "json") output.result(text);
  };
  const reports: Report[] = [];
  for (const { name, steps: coming } of running) {
    tell(`${paint("bold", name)}\n`);
    const steps: ConnectionStep[] = [];
    for await (const step of coming) {
      steps.push(step);
      tell(line(step, paint));
    }
    reports.push({ dataSource: name, ok: steps.every(({ ok }) => ok), steps });
  }
  if (format === "json")
    output.result(`${JSON.stringify(reports.length === 1 ? reports[0] : { connections: reports }, null, 2)}\n`);
  output.diagnostics(reports.flatMap(({ steps }) => steps.flatMap(({ diagnostic }) => diagnostic ?? [])));
  return reports.every(({ ok }) => ok) ? 0 : 1;
}

/** Runs at once, whoever listens later. */
function begun(steps: AsyncGenerator<ConnectionStep>): AsyncIterable<ConnectionStep> {
  const stream = Readable.from(steps, { highWaterMark: 1000 });
  stream.read(0);
  return stream;
}

function line({ step, ok, result, milliseconds, diagnostic }: ConnectionStep, paint: Paint): string {
  const severity = ok ? diagnostic?.severity : "error";
  const sign = severity === undefined ? paint("green", "✓") : SIGNS[severity](paint);
  return `  ${sign} ${step.padEnd(16)} ${result}  ${paint("dim", `${milliseconds} ms`)}\n`;
}

const SIGNS = {
  error: (paint: Paint) => paint("red", "✗"),
  warning: (paint: Paint) => paint("yellow", "!"),
  note: (paint: Paint) => paint("cyan", "→"),
} as const;

/** Health as people read it: every measure with its status, the worst told at the end. */
import type { Judged } from "../health/judge.ts";
import { MEASURES, type Measure, type MeasureName } from "../health/measures.ts";
import { isMissing, STATUSES, type Status } from "../health/model.ts";
import { type Health, type HealthReport, healthJson, isReport } from "../health/report.ts";
import { amountText, boundText } from "./amount.ts";
import { cell, code, table } from "./escape.ts";
import { type Paint, painter, type Style } from "./paint.ts";

export interface HealthOptions {
  readonly colour?: boolean;
  /** Also what is for graphs, and every threshold. */
  readonly verbose?: boolean;
}

export type HealthFormat = "text" | "json" | "markdown";

export function renderHealth(
  all: readonly Health[],
  format: HealthFormat,
  { colour = false, verbose = false }: HealthOptions = {},
): string {
  switch (format) {
    case "text":
      return healthText(all, painter(colour), verbose);
    case "json":
      return healthJson(all);
    case "markdown":
      return healthMarkdown(all, verbose);
  }
}

const SIGNS: Readonly<Record<Status | "known" | "missing", readonly [sign: string, style: Style]>> = {
  healthy: ["✓", "green"],
  warning: ["!", "yellow"],
  critical: ["✗", "red"],
  known: ["·", "dim"],
  missing: ["?", "dim"],
};

/** One line of a report. */
interface Line {
  readonly sign: keyof typeof SIGNS;
  readonly title: string;
  readonly value: string;
  /** The bound that it has crossed, or why it is not known, and what else there is to say. */
  readonly notes: readonly string[];
}

/** Measures of a kind that nobody judges, such as statements, are many: so many are shown. */
const SHOWN = 3;

function linesOf({ measures, at }: HealthReport, verbose: boolean): Line[] {
  const seen = new Map<MeasureName, number>();
  const lines: Line[] = [];
  for (const one of measures) {
    const { detail, counter }: Measure = MEASURES[one.name];
    const count = (seen.get(one.name) ?? 0) + 1;
    seen.set(one.name, count);
    // How much it has been so far is for graphs alone.
    if (detail && (counter || !verbose)) continue;
    if (!verbose && count > SHOWN && !one.status) continue;
    lines.push(lineOf(one, at, verbose));
  }
  return lines;
}

function lineOf(one: Judged, at: Date, verbose: boolean): Line {
  const { title, unit } = MEASURES[one.name];
  const labels = Object.values(one.labels ?? {}).join(", ");
  const named = labels === "" ? title : `${title} ${labels}`;
  if (isMissing(one)) return { sign: one.status ?? "missing", title: named, value: "not known", notes: [one.missing] };
  return {
    sign: one.status ?? "known",
    title: named,
    value: amountText(one.value, unit, at),
    notes: [...boundNotes(one, verbose), ...(one.note === undefined ? [] : [cut(one.note, verbose)])],
  };
}

const WIDEST_NOTE = 100;

function cut(note: string, verbose: boolean): string {
  return verbose || note.length <= WIDEST_NOTE ? note : `${note.slice(0, WIDEST_NOTE - 1)}…`;
}

function boundNotes({ name, status, bounds }: Judged, verbose: boolean): string[] {
  const { unit, worse }: Measure = MEASURES[name];
  // Of what is so or not so, the value says all.
  if (unit === "flag") return [];
  const told = (["warning", "critical"] as const).filter((level) => verbose || level === status);
  return told.flatMap((level) => {
    const bound = bounds?.[level];
    return bound === undefined ? [] : [`${level} from ${boundText(bound, unit)}${worse === "less" ? " down" : ""}`];
  });
}

function healthText(all: readonly Health[], paint: Paint, verbose: boolean): string {
  const parts = all.map((health) => {
    const { name } = health.source;
    if (!isReport(health)) return `${paint("bold", name)}  ${paint("dim", `not looked at: ${health.reason}`)}`;
    const lines = linesOf(health, verbose);
    const width = (of: (line: Line) => string): number => Math.max(0, ...lines.map((line) => of(line).length));
    const [titles, values] = [width(({ title }) => title), width(({ value }) => value)];
    return [
      headText(health, paint),
      ...lines.map(({ sign, title, value, notes }) => {
        const [mark, style] = SIGNS[sign];
        const told = paint(sign === "warning" || sign === "critical" ? style : "dim", notes.join("; "));
        return `  ${paint(style, mark)} ${title.padEnd(titles)}  ${value.padEnd(values)}  ${told}`.trimEnd();
      }),
    ].join("\n");
  });
  return `${[...parts, paint("bold", verdict(all))].join("\n\n")}\n`;
}

function headText(report: HealthReport, paint: Paint): string {
  const { source, status, score, place } = report;
  const where = place ? `${source.engine} ${place.version} at ${place.location}` : source.engine;
  const [, style] = SIGNS[status];
  return `${paint("bold", source.name)}  ${paint(["bold", style], status)}, score ${score}  ${paint("dim", where)}`;
}

/** `1 critical, 2 healthy, 1 not looked at.` */
function verdict(all: readonly Health[]): string {
  const reports = all.filter(isReport);
  const parts = [...STATUSES].reverse().flatMap((status) => {
    const count = reports.filter((one) => one.status === status).length;
    return count > 0 ? [`${count} ${status}`] : [];
  });
  const rest = all.length - reports.length;
  return `${[...parts, ...(rest > 0 ? [`${rest} not looked at`] : [])].join(", ")}.`;
}

function healthMarkdown(all: readonly Health[], verbose: boolean): string {
  const parts = all.flatMap((health) => {
    const head = `### Datumline health: ${code(health.source.name)}`;
    if (!isReport(health)) return [head, `Not looked at: ${cell(health.reason)}`];
    const rows = linesOf(health, verbose).map(({ sign, title, value, notes }) => [
      SIGNS[sign][0],
      cell(title),
      cell(value),
      cell(notes.join("; ")),
    ]);
    return [head, `**${health.status}**, score ${health.score}`, table(["", "Measure", "Value", ""], rows)];
  });
  return `${[...parts, `**${verdict(all)}**`].join("\n\n")}\n`;
}

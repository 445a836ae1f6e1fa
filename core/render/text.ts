/** A plan as a reviewer reads it on a terminal: what changes, its dangers, the statements; the verdict stands last. */
import { readable } from "../address.ts";
import { place } from "../diagnostic.ts";
import type { Hazard } from "../engine.ts";
import type { Action, Plan, Step } from "../plan.ts";
import { diagnosticTexts, inReadingOrder } from "./diagnostics.ts";
import { type Paint, painter, type Style } from "./paint.ts";
import {
  accessLines,
  affected,
  allowOption,
  byKind,
  distinctHazards,
  endedSql,
  nameOf,
  notModelledLine,
  ordered,
  outcome,
  SHOWN_NAMES,
  stepTitle,
  targetLine,
  unmanagedName,
} from "./summary.ts";
import { counted, SIGNS, shownChange } from "./values.ts";

export interface TextOptions {
  readonly colour?: boolean;
  /** Also intents and places, statements in full, every name. */
  readonly verbose?: boolean;
  /** False where they are shown elsewhere. @default true */
  readonly diagnostics?: boolean;
}

const STYLES: Readonly<Record<Action, Style>> = {
  create: "green",
  alter: "yellow",
  replace: "magenta",
  rename: "cyan",
  drop: "red",
};

/** Statements of more lines are cut unless all is asked for. */
const SHOWN_LINES = 12;
const SHOWN_WIDTH = 160;

export function planText(plan: Plan, options: TextOptions = {}): string {
  const paint = painter(options.colour ?? false);
  const blocks = [
    `${paint("bold", plan.dataSource)}  ${paint("dim", targetLine(plan))}`,
    ...plan.steps.map((step) => stepText(step, options, paint)),
    ...accessText(plan, options, paint),
    ...observedText(plan, options, paint),
    ...unmanagedText(plan, options),
    ...notModelledText(plan, options),
    ...hazardsText(plan, paint),
    ...bookkeepingText(plan, options),
    ...(options.diagnostics === false ? [] : diagnosticTexts(inReadingOrder(plan.diagnostics), paint)),
    paint("bold", outcome(plan)),
  ];
  return `${blocks.join("\n\n")}\n`;
}

export function plansText(plans: readonly Plan[], options: TextOptions = {}): string {
  return plans.map((plan) => planText(plan, options)).join("\n");
}

function stepText(step: Step, options: TextOptions, paint: Paint): string {
  const statements = ordered(step);
  return [
    head(step, paint),
    ...(options.verbose ? provenance(step, paint) : []),
    ...(step.reason ? [`    ${step.reason}`] : []),
    ...changesText(step),
    ...statements.flatMap((statement) => [
      ...(statement.hazards ?? []).map((hazard) => `    ${hazardText(hazard, paint)}`),
      ...(options.verbose && statement.lock ? [paint("dim", `    takes ${statement.lock}`)] : []),
      ...(statement.transactional === false ? [paint("dim", "    outside the transaction")] : []),
      ...sqlLines(endedSql(statement), options).map((line) => paint("dim", `      ${line}`)),
    ]),
  ].join("\n");
}

function head(step: Pick<Step, "action" | "address" | "from">, paint: Paint): string {
  return `${paint(STYLES[step.action], SIGNS[step.action])} ${paint("bold", stepTitle(step))}`;
}

function provenance(step: Pick<Step, "intent" | "origin">, paint: Paint): string[] {
  const where = place(step.origin);
  if (step.intent) return [paint("dim", `    from ${readable(step.intent)}${where ? ` (${where})` : ""}`)];
  return where ? [paint("dim", `    ${where}`)] : [];
}

function changesText({ address, action, fields }: Pick<Step, "address" | "action" | "fields">): string[] {
  if (action === "create" || action === "drop") return [];
  return (fields ?? []).flatMap((change) => {
    const { field, line, lines } = shownChange(address, change);
    if (line !== undefined) return [`    ${field}: ${line}`];
    return [`    ${field}:`, ...(lines ?? []).map((each) => `      ${each}`)];
  });
}

function hazardText(hazard: Hazard, paint: Paint): string {
  const affects = affected(hazard);
  return `${paint(["bold", "red"], `! ${hazard.code}`)} ${hazard.message.replace(/\s*\n\s*/g, " ")}${affects ? ` (${affects})` : ""}`;
}

function sqlLines(sql: string, { verbose }: TextOptions): string[] {
  const lines = sql.split("\n");
  if (verbose) return lines;
  const cut = lines.map((line) => (line.length > SHOWN_WIDTH ? `${line.slice(0, SHOWN_WIDTH - 1)}…` : line));
  if (cut.length <= SHOWN_LINES + 1) return cut;
  return [...cut.slice(0, SHOWN_LINES), `… ${lines.length - SHOWN_LINES} more lines (--verbose)`];
}

function accessText(plan: Plan, { verbose = false }: TextOptions, paint: Paint): string[] {
  const { lines, more } = accessLines(plan, verbose);
  if (lines.length === 0) return [];
  const rest = more > 0 ? [`… ${more} more (--verbose)`] : [];
  return [[paint("bold", "Access:"), ...indent([...lines, ...rest])].join("\n")];
}

function observedText({ observed }: Plan, options: TextOptions, paint: Paint): string[] {
  if (observed.length === 0) return [];
  const steps = observed.map((step) =>
    [head(step, paint), ...(options.verbose ? provenance(step, paint) : []), ...changesText(step)].join("\n"),
  );
  return [["Differs, and is only observed:", ...indent(steps)].join("\n")];
}

function unmanagedText({ unmanaged }: Plan, { verbose }: TextOptions): string[] {
  if (unmanaged.length === 0) return [];
  const shown = verbose ? unmanaged : unmanaged.slice(0, SHOWN_NAMES);
  const rest = unmanaged.length - shown.length;
  const lines = [...shown.map(unmanagedName), ...(rest > 0 ? [`… ${rest} more (--verbose)`] : [])];
  return [[`Unmanaged, left alone (${byKind(unmanaged)}):`, ...indent(lines)].join("\n")];
}

function notModelledText({ notModelled }: Plan, { verbose = false }: TextOptions): string[] {
  if (notModelled.length === 0) return [];
  const lines = notModelled.map((entry) => notModelledLine(entry, verbose));
  return [["Not modelled, left alone:", ...indent(lines)].join("\n")];
}

function hazardsText(plan: Plan, paint: Paint): string[] {
  const found = distinctHazards(plan);
  if (found.length === 0) return [];
  const lines = found.map(({ step, hazard }) => {
    const others = affected({
      ...hazard,
      affects: (hazard.affects ?? []).filter((name) => name !== nameOf(step.address)),
    });
    return `${paint("red", hazard.code)} ${readable(step.address)}${others ? `, ${others}` : ""}`;
  });
  const title = paint(["bold", "red"], `${counted(found.length, "hazard")}; to apply: ${allowOption(plan)}`);
  return [[title, ...indent(lines)].join("\n")];
}

function bookkeepingText({ bookkeeping: { found, gone } }: Plan, { verbose }: TextOptions): string[] {
  if (!verbose || found.length + gone.length === 0) return [];
  const parts = [
    ...(found.length > 0 ? [`${counted(found.length, "object")} found as declared`] : []),
    ...(gone.length > 0 ? [`${gone.length} that are gone`] : []),
  ];
  return [`The ledger will learn of ${parts.join(" and ")}.`];
}

function indent(blocks: readonly string[]): string[] {
  return blocks.map((block) => `  ${block.replaceAll("\n", "\n  ")}`);
}

/** A drift report in its forms. */
import { readable } from "../address.ts";
import type { Drift, Drifted } from "../drift.ts";
import { cell, code, table } from "./escape.ts";
import { type Paint, painter } from "./paint.ts";
import { byKind, SHOWN_NAMES, unmanagedName } from "./summary.ts";
import { counted, shownChange } from "./values.ts";

export const DRIFT_FORMATS = ["text", "markdown", "json"] as const;

export type DriftFormat = (typeof DRIFT_FORMATS)[number];

export interface DriftOptions {
  readonly colour?: boolean;
  readonly verbose?: boolean;
}

export function renderDrift(drifts: readonly Drift[], format: DriftFormat, options: DriftOptions = {}): string {
  switch (format) {
    case "text":
      return drifts.map((drift) => driftText(drift, options)).join("\n");
    case "markdown":
      return drifts.map(driftMarkdown).join("\n");
    case "json":
      return `${JSON.stringify(drifts.length === 1 ? drifts[0] : { version: 1, drifts }, null, 2)}\n`;
  }
}

const SIGNS = { changed: "~", gone: "-", added: "+" } as const;
const STYLES = { changed: "yellow", gone: "red", added: "green" } as const;

function driftText(drift: Drift, { colour = false, verbose = false }: DriftOptions): string {
  const paint = painter(colour);
  const { target, unmanaged } = drift;
  const head = `${paint("bold", drift.dataSource)}  ${paint("dim", `${target.engine} ${target.version} at ${target.location}, as ${target.user}`)}`;
  const shown = verbose ? unmanaged : unmanaged.slice(0, SHOWN_NAMES);
  const rest = unmanaged.length - shown.length;
  const others = [...shown.map(unmanagedName), ...(rest > 0 ? [`… ${rest} more (--verbose)`] : [])];
  return `${[
    head,
    ...drift.drifted.map((one) => driftedText(one, paint)),
    ...(others.length > 0
      ? [[`Unmanaged (${byKind(unmanaged)}):`, ...others.map((line) => `  ${line}`)].join("\n")]
      : []),
    paint("bold", verdict(drift)),
  ].join("\n\n")}\n`;
}

function driftedText({ address, how, fields, reason }: Drifted, paint: Paint): string {
  const why = reason === undefined ? "" : `, but ${reason}`;
  const what = how === "changed" ? "" : how === "gone" ? " is gone" : ` was added by another hand${why}`;
  const lines = (fields ?? []).flatMap((change) => {
    const { field, line, lines: several } = shownChange(address, change);
    return line === undefined
      ? [`    ${field}:`, ...(several ?? []).map((one) => `      ${one}`)]
      : [`    ${field}: ${line}`];
  });
  return [`${paint(STYLES[how], SIGNS[how])} ${paint("bold", readable(address))}${what}`, ...lines].join("\n");
}

function verdict({ drifted, compared }: Drift): string {
  if (drifted.length === 0) return `No drift. The live system is as last applied (${counted(compared, "object")}).`;
  const count = (how: Drifted["how"]): number => drifted.filter((one) => one.how === how).length;
  return `Drift: ${count("changed")} changed, ${count("gone")} gone, ${count("added")} added.`;
}

function driftMarkdown(drift: Drift): string {
  const rows = drift.drifted.map(({ address, how, fields, reason }) => {
    const changes = (fields ?? []).map((change) => {
      const { field, line } = shownChange(address, change);
      return line === undefined ? `${code(field)} changed` : `${code(field)}: ${code(line)}`;
    });
    return [code(readable(address)), how, [...changes, ...(reason === undefined ? [] : [cell(reason)])].join("<br>")];
  });
  const parts = [
    `### Datumline drift: ${code(drift.dataSource)}`,
    `**${cell(verdict(drift))}**`,
    ...(rows.length > 0 ? [table(["Object", "How", "From → to"], rows)] : []),
    ...(drift.unmanaged.length > 0 ? [`Unmanaged: ${cell(byKind(drift.unmanaged))}`] : []),
  ];
  return `${parts.join("\n\n")}\n`;
}

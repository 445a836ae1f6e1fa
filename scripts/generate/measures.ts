import { MEASURE_NAMES, MEASURES, type Measure, type MeasureName } from "../../core/health/measures.ts";
import { metricName, OWN_METRICS } from "../../core/health/metrics.ts";
import { boundText } from "../../core/render/amount.ts";

/** The page of all measures and metrics of `datumline health`. */
export function measuresPage(): string {
  return `<!-- Generated from core/health by \`npm run generate\`; not to be edited by hand. -->

# Measures

What \`datumline health\` measures, as it is named for Prometheus; every metric has the label \`data_source\`. A bound in *italics* holds
where none is declared. [Health](../health.md) says how to use them.

| metric | what it is | labels | threshold | warning | critical |
|---|---|---|---|---|---|
${MEASURE_NAMES.map(row).join("")}
What is known of the measuring itself:

| metric | what it is | labels |
|---|---|---|
${OWN_METRICS.map(({ name, help, labels }) => `| \`${name}\` | ${help} | ${codes(labels)} |\n`).join("")}
[All kinds](README.md)
`;
}

function row(name: MeasureName): string {
  const { help, labels = [], threshold, bounds = {}, unit, worse }: Measure = MEASURES[name];
  const bound = (value: number | undefined): string =>
    value === undefined ? "" : `*${boundText(value, unit)}${worse === "less" && unit !== "flag" ? " down" : ""}*`;
  const field = threshold === undefined ? "" : `\`health.${threshold}\``;
  return `| \`${metricName(name)}\` | ${help} | ${codes(labels)} | ${field} | ${bound(bounds.warning)} | ${bound(bounds.critical)} |\n`;
}

function codes(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}

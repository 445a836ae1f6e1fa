/**
 * Alert rules for Prometheus from the same thresholds that `datumline health` judges by: a group for each data source.
 * https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
 */
import { stringify } from "yaml";
import { boundText } from "../render/amount.ts";
import type { DataSource } from "../specs.ts";
import { type Measured, type Question, questions, selector } from "./expressions.ts";

/** How long it must be so: a warning may wait, and what passes by itself within a minute wakes nobody. */
const FOR = { warning: "5m", critical: "1m" } as const;

type Severity = keyof typeof FOR;

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export function alertRules(all: readonly Measured[]): string {
  const groups = all.map((one) => ({ name: `datumline: ${one.source.name}`, rules: rulesOf(one) }));
  return stringify({ groups }, { lineWidth: 0 });
}

function rulesOf(measured: Measured): Rule[] {
  const { source } = measured;
  return [
    rule(
      source,
      "NotMeasured",
      "warning",
      `absent(${selector("up", source)})`,
      `Nobody measures ${plain(source.name)}`,
    ),
    rule(
      source,
      "ThresholdNotMeasured",
      "warning",
      `${selector("unmeasured", source)} == 1`,
      `A threshold of ${plain(source.name)} cannot be measured: {{ $labels.measure }}`,
    ),
    ...questions(measured).flatMap((question) => levels(source, question)),
  ];
}

/** A warning ends where it is critical, so that one thing makes one alert. */
function levels(source: DataSource, question: Question): Rule[] {
  const { measure, bounds = {}, expression, labels } = question;
  const { worse, unit } = measure;
  const [beyond, within] = worse === "less" ? ["<=", ">"] : [">=", "<"];
  const { warning, critical } = bounds;
  const of = (severity: Severity, bound: number, end: string): Rule => {
    const which = Object.values(labels)
      .map((label) => ` ${label}`)
      .join("");
    const how =
      unit === "flag"
        ? ""
        : `: {{ $value | ${HUMAN[unit]} }}, ${severity} from ${boundText(bound, unit)}${worse === "less" ? " down" : ""}`;
    const summary = `${plain(source.name)}: ${measure.alert ? words(measure.alert) : measure.title}${which}${how}`;
    return rule(
      source,
      measure.alert ?? camel(measure.title),
      severity,
      `${expression} ${beyond} ${bound}${end}`,
      summary,
      measure.help,
    );
  };
  return [
    ...(warning === undefined ? [] : [of("warning", warning, critical === undefined ? "" : ` ${within} ${critical}`)]),
    ...(critical === undefined ? [] : [of("critical", critical, "")]),
  ];
}

/** Functions of Prometheus' templates. https://prometheus.io/docs/prometheus/latest/configuration/template_reference/ */
const HUMAN = {
  seconds: "humanizeDuration",
  moment: "humanizeDuration",
  bytes: "humanize1024",
  ratio: "humanizePercentage",
  count: "humanize",
} as const;

function rule(
  source: DataSource,
  name: string,
  severity: Severity,
  expr: string,
  summary: string,
  description?: string,
): Rule {
  const { name: dataSource, environment, owner, criticality } = source;
  return {
    alert: `Datumline${name}`,
    expr,
    for: FOR[severity],
    labels: {
      severity,
      data_source: plain(dataSource),
      ...(environment !== undefined && { environment }),
      ...(owner !== undefined && { owner }),
      ...(criticality !== undefined && { criticality }),
    },
    annotations: { summary, ...(description !== undefined && { description }) },
  };
}

/** A name as it is, in a text that Prometheus fills in. */
function plain(name: string): string {
  return name.replaceAll("{{", '{{ "{{" }}');
}

/** `longest transaction` → `LongestTransaction` */
function camel(title: string): string {
  return title.replace(/(?:^|[^a-z]+)([a-z])/gi, (_, letter: string) => letter.toUpperCase());
}

/** `ReplicaUnreachable` → `replica unreachable` */
function words(name: string): string {
  return name.replace(/(?<!^)([A-Z])/g, " $1").toLowerCase();
}

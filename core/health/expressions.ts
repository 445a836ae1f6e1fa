/**
 * What of a data source is asked of Prometheus, in its language: for every measure that its engine fills and that is not
 * the same for all (each declared replica has bounds of its own). https://prometheus.io/docs/prometheus/latest/querying/basics/
 */
import type { HealthEngine } from "../engine.ts";
import type { DataSource } from "../specs.ts";
import { type Bounds, MEASURES, type Measure, type MeasureName } from "./measures.ts";
import { metricName, type OwnName } from "./metrics.ts";
import type { Labels } from "./model.ts";
import { boundsOf } from "./thresholds.ts";

/** A data source and what is measured of it. */
export interface Measured {
  readonly source: DataSource;
  readonly measures: HealthEngine["measures"];
}

/** What of it is asked about. */
export interface Question {
  readonly name: MeasureName;
  readonly measure: Measure;
  /** What tells it apart where it is asked of one of several. */
  readonly labels: Labels;
  readonly bounds: Bounds | undefined;
  /** In the unit of the bounds: of a moment, how long ago it was. */
  readonly expression: string;
}

export function questions({ source, measures }: Measured): Question[] {
  return measures.flatMap((name) => subjects(name, source).map((labels) => question(name, source, labels)));
}

/** One question for all there may be, or one for each that is declared. */
function subjects(name: MeasureName, { replicas = [] }: DataSource): readonly Labels[] {
  const measure: Measure = MEASURES[name];
  if (!measure.labels?.includes("replica")) return [{}];
  if (name === "replica_up" || replicas.length > 0) return replicas.map((one) => ({ replica: one.name }));
  return [{}];
}

function question(name: MeasureName, source: DataSource, labels: Labels): Question {
  const measure: Measure = MEASURES[name];
  const metric = selector(name, source, labels);
  return {
    name,
    measure,
    labels,
    bounds: boundsOf(name, source, labels),
    expression: measure.unit === "moment" ? `time() - ${metric}` : metric,
  };
}

/** `datumline_up{data_source="warehouse"}` */
export function selector(name: MeasureName | OwnName, { name: dataSource }: DataSource, labels: Labels = {}): string {
  const matchers = Object.entries({ data_source: dataSource, ...labels }).map(
    ([label, value]) => `${label}=${text(value)}`,
  );
  return `${metricName(name)}{${matchers.join(", ")}}`;
}

function text(value: string): string {
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

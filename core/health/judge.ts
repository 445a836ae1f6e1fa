/**
 * How a data source is, from what was measured. A measure is as its bounds say; a threshold that is declared and cannot be
 * measured is a warning, because nobody would know. The data source is as its worst measure. Its score is 100, less 10 for
 * every measure that is a warning and 40 for every one that is critical, and 0 where it cannot be reached.
 */
import type { DataSource } from "../specs.ts";
import { type Bounds, MEASURE_NAMES, MEASURES, type Measure, type MeasureName, type Threshold } from "./measures.ts";
import { isMissing, type Measurement, type Status, worst } from "./model.ts";
import { boundsOf } from "./thresholds.ts";

/** A measurement and what it means; without a status where nothing says what is healthy. */
export type Judged = Measurement & { readonly status?: Status; readonly bounds?: Bounds };

export function judge(
  measurements: readonly Measurement[],
  source: DataSource,
  measured: readonly MeasureName[],
  now: Date,
): Judged[] {
  const reached = measurements.some((one) => one.name === "up" && !isMissing(one) && one.value === 1);
  const unmeasured = reached ? withoutMeasurement(measurements, source, measured) : [];
  const judged = [...measurements, ...unmeasured].map((one): Judged => {
    const bounds = boundsOf(one.name, source, one.labels);
    const status = statusOf(one, source, bounds, now);
    return { ...one, ...(bounds && { bounds }), ...(status && { status }) };
  });
  return judged.sort((a, b) => MEASURE_NAMES.indexOf(a.name) - MEASURE_NAMES.indexOf(b.name));
}

function statusOf(
  measurement: Measurement,
  source: DataSource,
  bounds: Bounds | undefined,
  now: Date,
): Status | undefined {
  const { unit, threshold, worse }: Measure = MEASURES[measurement.name];
  if (isMissing(measurement)) {
    const declared = threshold !== undefined && source.health?.[threshold] !== undefined;
    return declared && !measurement.yet ? "warning" : undefined;
  }
  if (!bounds) return undefined;
  const value = unit === "moment" ? now.getTime() / 1000 - measurement.value : measurement.value;
  const beyond = (bound: number | undefined): boolean =>
    bound !== undefined && (worse === "less" ? value <= bound : value >= bound);
  return beyond(bounds.critical) ? "critical" : beyond(bounds.warning) ? "warning" : "healthy";
}

/** Declared thresholds that nothing was measured for. */
function withoutMeasurement(
  measurements: readonly Measurement[],
  { health = {}, engine }: DataSource,
  measured: readonly MeasureName[],
): Measurement[] {
  const told = new Set(measurements.map(({ name }): Threshold | undefined => thresholdOf(name)));
  return (Object.keys(health) as Threshold[])
    .filter((threshold) => !told.has(threshold))
    .flatMap((threshold): Measurement[] => {
      const of = (names: readonly MeasureName[]): MeasureName | undefined =>
        names.find((name) => thresholdOf(name) === threshold);
      const own = of(measured);
      const name = own ?? of(MEASURE_NAMES);
      const missing =
        own === undefined
          ? `The engine ${engine} has nothing of the kind: declare \`health.${threshold}\` where it is measured.`
          : "There was nothing to measure.";
      return name === undefined ? [] : [{ name, missing }];
    });
}

function thresholdOf(name: MeasureName): Threshold | undefined {
  const measure: Measure = MEASURES[name];
  return measure.threshold;
}

export function scoreOf(judged: readonly Judged[]): number {
  const byName = new Map<MeasureName, Status>();
  for (const { name, status } of judged) {
    if (status) byName.set(name, worst([status, byName.get(name) ?? "healthy"]));
  }
  if (byName.get("up") === "critical") return 0;
  const lost = { healthy: 0, warning: 10, critical: 40 };
  return Math.max(
    0,
    [...byName.values()].reduce((left, status) => left - lost[status], 100),
  );
}

export function overall(judged: readonly Judged[]): Status {
  return worst(judged.flatMap(({ status }) => status ?? []));
}

/** From when on a measure is not healthy: as declared; where nothing is, as is sensible anywhere. */
import { quantity } from "../quantity.ts";
import type { DataSource } from "../specs.ts";
import { type Bounds, MEASURE_NAMES, MEASURES, type Measure, type MeasureName, type Threshold } from "./measures.ts";
import type { Labels } from "./model.ts";

type Declares = Pick<DataSource, "health" | "replicas">;

/** Declared bounds take the place of the usual ones together: who says one of them has said when the other does not hold. */
export function boundsOf(name: MeasureName, { health, replicas }: Declares, labels?: Labels): Bounds | undefined {
  const { threshold, bounds } = MEASURES[name];
  const declared = threshold && health?.[threshold];
  const used = declared ? amounts(declared) : bounds;
  const maxLag = name === "replication_lag_seconds" && replicas?.find((one) => one.name === labels?.replica)?.maxLag;
  return maxLag ? { ...used, warning: quantity(maxLag) } : used;
}

function amounts({ warning, critical }: { readonly warning?: string; readonly critical?: string }): Bounds {
  return {
    ...(warning !== undefined && { warning: quantity(warning) }),
    ...(critical !== undefined && { critical: quantity(critical) }),
  };
}

/** Fields of `health` in which what is critical would come before the warning, in words. */
export function thresholdFaults({ health = {} }: Declares): string[] {
  return Object.entries(health).flatMap(([threshold, declared]) => {
    const { warning, critical } = amounts(declared);
    if (warning === undefined || critical === undefined) return [];
    const less = measureOf(threshold as Threshold)?.worse === "less";
    if (less ? critical < warning : critical > warning) return [];
    const how = less ? "less" : "more";
    return [
      `\`health.${threshold}\` is critical at ${declared.critical}, which must be ${how} than the warning at ${declared.warning}`,
    ];
  });
}

function measureOf(threshold: Threshold): Measure | undefined {
  return MEASURE_NAMES.map((name): Measure => MEASURES[name]).find((measure) => measure.threshold === threshold);
}

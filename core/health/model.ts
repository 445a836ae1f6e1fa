/**
 * What was measured of a data source, as plain data. A measurement is of one of the measures of `measures.ts`, which say
 * its unit and from when on it is not healthy; what could not be measured says why, and is never left out.
 */
import type { MeasureName } from "./measures.ts";

export type Measurement = Measured | Missing;

export interface Measured {
  readonly name: MeasureName;
  /** In the unit of the measure. */
  readonly value: number;
  /** Tells it apart among those of its measure. */
  readonly labels?: Labels;
  /** What else people want to know of it; never the text of a statement with values in it. */
  readonly note?: string;
}

export interface Missing {
  readonly name: MeasureName;
  readonly labels?: Labels;
  /** Why it could not be measured, and what to do about it. */
  readonly missing: string;
  /** There is nothing to measure yet, which is nobody's fault. */
  readonly yet?: true;
}

export type Labels = Readonly<Record<string, string>>;

export function isMissing(measurement: Measurement): measurement is Missing {
  return "missing" in measurement;
}

/** Whoever else knows something of a data source, such as when it was last backed up. */
export interface HealthSource {
  /** What it knows, which comes before what the engine misses. It never fails and keeps nobody waiting for long. */
  measure(): Promise<readonly Measurement[]>;
}

export const STATUSES = ["healthy", "warning", "critical"] as const;

export type Status = (typeof STATUSES)[number];

/** The worst of them. */
export function worst(statuses: Iterable<Status>): Status {
  return STATUSES[Math.max(0, ...[...statuses].map((status) => STATUSES.indexOf(status)))] as Status;
}

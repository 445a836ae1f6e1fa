/** What `datumline health` tells, in the form that is kept: the JSON of the command and of `/health.json`. */
import type { Diagnostic } from "../diagnostic.ts";
import type { DataSource } from "../specs.ts";
import { type Judged, overall, scoreOf } from "./judge.ts";
import { MEASURES } from "./measures.ts";
import { isMissing, type Status, worst } from "./model.ts";

/** The system as it named itself when it was last reached. */
export interface Place {
  readonly version: string;
  readonly location: string;
}

export interface HealthReport {
  readonly source: DataSource;
  readonly status: Status;
  readonly score: number;
  readonly place?: Place;
  readonly at: Date;
  readonly milliseconds: number;
  /** Measurements that have failed since it is looked at. */
  readonly failures: number;
  readonly measures: readonly Judged[];
  /** Why it could not be measured. */
  readonly diagnostics: readonly Diagnostic[];
}

/** A data source that is not looked at, and why. */
export interface NotLookedAt {
  readonly source: DataSource;
  readonly reason: string;
}

export type Health = HealthReport | NotLookedAt;

export function isReport(health: Health): health is HealthReport {
  return "status" in health;
}

export function reportOf(about: Omit<HealthReport, "status" | "score">): HealthReport {
  return { ...about, status: overall(about.measures), score: scoreOf(about.measures) };
}

/** Of all that are looked at. */
export function worstOf(all: readonly Health[]): Status {
  return worst(all.filter(isReport).map(({ status }) => status));
}

export function healthJson(all: readonly Health[]): string {
  return `${JSON.stringify({ version: 1, status: worstOf(all), dataSources: all.map(jsonOf) }, null, 2)}\n`;
}

function jsonOf(health: Health): object {
  const { name: dataSource, engine } = health.source;
  if (!isReport(health)) return { dataSource, engine, status: "not looked at", reason: health.reason };
  const { status, score, place, at, milliseconds, failures, measures, diagnostics } = health;
  return {
    dataSource,
    engine,
    ...place,
    status,
    score,
    at: at.toISOString(),
    milliseconds,
    failures,
    measures: measures.map(measureJson),
    diagnostics,
  };
}

function measureJson(judged: Judged): object {
  const { name, labels, status, bounds } = judged;
  const { title, unit } = MEASURES[name];
  const seen = isMissing(judged)
    ? { missing: judged.missing }
    : { value: judged.value, unit, ...(judged.note !== undefined && { note: judged.note }) };
  return { name, title, ...(labels && { labels }), ...seen, ...(status && { status }), ...bounds };
}

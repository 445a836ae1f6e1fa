/**
 * Reports as metrics: one for each measure, and what is known of the measuring itself. What could not be measured has no
 * sample, so that nobody takes an old number for a new one. https://prometheus.io/docs/instrumenting/writing_exporters/
 */
import { MEASURE_NAMES, MEASURES, type Measure, type MeasureName } from "./measures.ts";
import { isMissing, type Labels, STATUSES } from "./model.ts";
import { type Health, type HealthReport, isReport } from "./report.ts";

/** One metric with all its samples. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  readonly labels: readonly string[];
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

interface Own {
  readonly help: string;
  readonly type?: Metric["type"];
  readonly labels?: readonly string[];
  readonly samples: (report: HealthReport) => readonly Sample[];
}

const one = (value: (report: HealthReport) => number): Own["samples"] => {
  return (report) => [{ labels: {}, value: value(report) }];
};
const own = <N extends string>(all: Readonly<Record<N, Own>>): Readonly<Record<N, Own>> => all;

/** What no engine measures. */
const OWN = own({
  info: {
    help: "What is declared of the data source; always 1.",
    labels: ["engine", "version", "environment", "owner", "criticality"],
    samples: ({ source: { engine, environment = "", owner = "", criticality = "" }, place }) => [
      { labels: { engine, version: place?.version ?? "", environment, owner, criticality }, value: 1 },
    ],
  },
  status: {
    help: "How it is by its thresholds: 0 healthy, 1 warning, 2 critical.",
    samples: one(({ status }) => STATUSES.indexOf(status)),
  },
  score: { help: "Score from 0 to 100.", samples: one(({ score }) => score) },
  unmeasured: {
    help: "A threshold is declared for what could not be measured; always 1.",
    labels: ["measure"],
    samples: ({ measures }) =>
      [...new Set(measures.filter((each) => isMissing(each) && each.status).map(({ name }) => name))].map(
        (measure) => ({
          labels: { measure },
          value: 1,
        }),
      ),
  },
  measured_timestamp_seconds: {
    help: "When it was last measured, or tried to be.",
    samples: one(({ at }) => at.getTime() / 1000),
  },
  measurement_seconds: {
    help: "How long the last measurement took.",
    samples: one(({ milliseconds }) => milliseconds / 1000),
  },
  failed_measurements_total: {
    help: "Measurements that failed since it is looked at.",
    type: "counter",
    samples: one(({ failures }) => failures),
  },
});

export type OwnName = keyof typeof OWN;

/** They by name, for the reference. */
export const OWN_METRICS = (Object.keys(OWN) as OwnName[]).map((name) => {
  const { help, labels = [] }: Own = OWN[name];
  return { name: metricName(name), help, labels };
});

/** What Prometheus knows it as. */
export function metricName(name: MeasureName | OwnName): string {
  return `datumline_${name}`;
}

/** Every metric that has a sample. */
export function metricsOf(all: readonly Health[]): Metric[] {
  const reports = all.filter(isReport);
  const owned = (Object.keys(OWN) as OwnName[]).map((name) => metric(name, OWN[name], reports));
  const measured = MEASURE_NAMES.map((name) => {
    const { help, counter, labels }: Measure = MEASURES[name];
    const samples = ({ measures }: HealthReport): Sample[] =>
      measures.flatMap((each) =>
        each.name !== name || isMissing(each) ? [] : [{ labels: each.labels ?? {}, value: each.value }],
      );
    return metric(name, { help, samples, ...(counter && { type: "counter" }), ...(labels && { labels }) }, reports);
  });
  return [...owned, ...measured].filter(({ samples }) => samples.length > 0);
}

function metric(
  name: MeasureName | OwnName,
  { help, type = "gauge", labels = [], samples }: Own,
  reports: readonly HealthReport[],
): Metric {
  return {
    name: metricName(name),
    help,
    type,
    labels: ["data_source", ...labels],
    samples: reports.flatMap((report) =>
      samples(report).map((sample) => ({ ...sample, labels: { data_source: report.source.name, ...sample.labels } })),
    ),
  };
}

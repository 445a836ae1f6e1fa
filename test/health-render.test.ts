/** What is made of the thresholds for other programs, and what they mean. */

import { describe, expect, test } from "@jest/globals";
import { parser } from "@prometheus-io/lezer-promql";
import fc from "fast-check";
import { parse } from "yaml";
import { metrics } from "../cli/metrics.ts";
import { judge, overall, scoreOf } from "../core/health/judge.ts";
import { MEASURE_NAMES, MEASURES, type Measure } from "../core/health/measures.ts";
import { metricsOf } from "../core/health/metrics.ts";
import type { Measurement } from "../core/health/model.ts";
import { reportOf } from "../core/health/report.ts";
import { boundsOf } from "../core/health/thresholds.ts";
import { quantity } from "../core/quantity.ts";
import { amountText } from "../core/render/amount.ts";
import type { DataSource } from "../core/specs.ts";
import { postgresql } from "../providers/postgresql/engine.ts";
import { withoutValues } from "../providers/postgresql/health/statements.ts";
import { folder } from "./support/cli.ts";
import { readExposition } from "./support/exposition.ts";

const BASE: DataSource = { name: "warehouse", engine: "postgresql", connection: {} };
const NOW = new Date("2026-01-31T12:00:00Z");
const MEASURED = postgresql.health?.measures ?? [];

/** Prometheus' own grammar finds no fault. */
function expectPromql(expression: string): void {
  const faults: string[] = [];
  // Grafana puts its own words in before it asks.
  const asked = expression.replaceAll(/\$__\w+/g, "5m");
  parser.parse(asked).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) faults.push(`${asked}: at ${from}-${to}`);
    },
  });
  expect(faults).toEqual([]);
}

const DECLARED = `kind: DataSource
name: ware"house
engine: postgresql
connection: { host: localhost, database: x }
environment: production
owner: data platform
health:
  latency: { warning: 500ms, critical: 2s }
  cacheHitRatio: { warning: 95% }
  replicationLag: { critical: 10min }
  size: { warning: 100GB, critical: 1TB }
  backupAge: { warning: 26h, critical: 3d }
replicas:
  - { name: near, host: near }
  - { name: far, host: far, maxLag: 2min }
---
kind: DataSource
name: archive
engine: postgresql
connection: { host: localhost, database: y }
monitored: false
`;

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

describe("alerts", () => {
  test("are what the thresholds say, in Prometheus' language", async () => {
    const here = folder();
    here.write("a.yaml", DECLARED);
    const { code, out, err } = await here.run("render alerts -f a.yaml");
    expect([code, err]).toEqual([0, ""]);
    const { groups } = parse(out) as {
      readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
    };
    expect(groups.map(({ name }) => name)).toEqual(['datumline: ware"house']);
    const rules = groups[0]?.rules ?? [];
    for (const { alert, expr, for: wait, labels, annotations } of rules) {
      expectPromql(expr);
      expect(alert).toMatch(/^Datumline[A-Z][A-Za-z]+$/);
      expect(wait).toMatch(/^\d+m$/);
      expect(labels).toMatchObject({ data_source: 'ware"house', owner: "data platform", environment: "production" });
      expect(["warning", "critical"]).toContain(labels.severity);
      expect(annotations.summary).toContain('ware"house');
    }
    const of = (alert: string): readonly (readonly [string | undefined, string])[] =>
      rules.filter((rule) => rule.alert === `Datumline${alert}`).map(({ labels, expr }) => [labels.severity, expr]);
    const where = 'data_source="ware\\"house"';
    expect(of("Latency")).toEqual([
      ["warning", `datumline_latency_seconds{${where}} >= 0.5 < 2`],
      ["critical", `datumline_latency_seconds{${where}} >= 2`],
    ]);
    expect(of("CacheHitRatio")).toEqual([["warning", `datumline_cache_hit_ratio{${where}} <= 0.95`]]);
    expect(of("ReplicationLag")).toEqual([
      ["critical", `datumline_replication_lag_seconds{${where}, replica="near"} >= 600`],
      ["warning", `datumline_replication_lag_seconds{${where}, replica="far"} >= 120 < 600`],
      ["critical", `datumline_replication_lag_seconds{${where}, replica="far"} >= 600`],
    ]);
    expect(of("LastBackup")).toContainEqual([
      "critical",
      `time() - datumline_last_backup_timestamp_seconds{${where}} >= 259200`,
    ]);
    expect(of("Size")[0]?.[1]).toContain(`>= ${100 * 2 ** 30} < ${2 ** 40}`);
    expect(of("NotMeasured")).toEqual([["warning", `absent(datumline_up{${where}})`]]);
  });

  test("need something that is measured", async () => {
    const here = folder();
    here.write("a.yaml", `${DECLARED.slice(DECLARED.indexOf("---"))}`);
    const { code, err } = await here.run("render alerts -f a.yaml");
    expect([code, err]).toEqual([1, expect.stringContaining("No data source is measured")]);
    expect((await here.run("render alarm -f a.yaml")).err).toContain("alerts");
  });
});

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat?: string }[];
  readonly fieldConfig?: {
    readonly defaults: {
      readonly thresholds: { readonly steps: readonly { readonly color: string; readonly value: number | null }[] };
    };
  };
}

describe("the dashboard", () => {
  test("has a row for each data source, no two panels in one place, and the thresholds of the declaration", async () => {
    const here = folder();
    here.write(
      "a.yaml",
      `${DECLARED}---\n${DECLARED.split("---")[1]?.replace("archive", "mart").replace("monitored: false", "")}`,
    );
    const { code, out, err } = await here.run("render dashboard -f a.yaml");
    expect([code, err]).toEqual([0, ""]);
    const { panels, uid } = JSON.parse(out) as { readonly panels: readonly Panel[]; readonly uid: string };
    expect(uid.length).toBeLessThanOrEqual(40);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(panels.filter(({ type }) => type === "row").map(({ title }) => title)).toEqual(['ware"house', "mart"]);
    const taken = new Set<string>();
    for (const { gridPos, title } of panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect([title, taken.has(`${x},${y}`)]).toEqual([title, false]);
          taken.add(`${x},${y}`);
        }
    }
    for (const { targets = [], fieldConfig } of panels) {
      for (const { expr } of targets) expectPromql(expr);
      const values = (fieldConfig?.defaults.thresholds.steps ?? []).map(
        ({ value }) => value ?? Number.NEGATIVE_INFINITY,
      );
      expect(values).toEqual([...values].sort((a, b) => a - b));
    }
    const steps = (title: string): unknown =>
      panels.find((panel) => panel.title === title)?.fieldConfig?.defaults.thresholds.steps;
    expect(steps("latency")).toEqual([
      { color: "green", value: null },
      { color: "yellow", value: 0.5 },
      { color: "red", value: 2 },
    ]);
    expect(steps("cache hit ratio")).toEqual([
      { color: "yellow", value: null },
      { color: "green", value: 0.95 },
    ]);
    expect(steps("replication lag far")).toContainEqual({ color: "yellow", value: 120 });
    expect(steps("last backup")).toContainEqual({ color: "red", value: 259_200 });
    // Nothing is asked for that is never told.
    const told = new Set(["datumline_status", "datumline_score", ...MEASURED.map((name) => `datumline_${name}`)]);
    const asked = panels.flatMap(({ targets = [] }) =>
      targets.flatMap(({ expr }) => expr.match(/datumline_\w+/g) ?? []),
    );
    expect(asked.filter((name) => !told.has(name))).toEqual([]);
  });
});

describe("the judgement", () => {
  const judged = (measurements: readonly Measurement[], more: Partial<DataSource> = {}): [string, number] => {
    const found = judge([{ name: "up", value: 1 }, ...measurements], { ...BASE, ...more }, MEASURED, NOW);
    return [overall(found), scoreOf(found)];
  };
  const hours = (ago: number): number => NOW.getTime() / 1000 - ago * 3600;

  test.each<[string, readonly Measurement[], Partial<DataSource>, [string, number]]>([
    ["nothing", [], {}, ["healthy", 100]],
    ["a warning", [{ name: "latency_seconds", value: 0.1 }], {}, ["warning", 90]],
    ["below it", [{ name: "latency_seconds", value: 0.0999 }], {}, ["healthy", 100]],
    ["critical", [{ name: "latency_seconds", value: 1 }], {}, ["critical", 60]],
    ["less is worse", [{ name: "cache_hit_ratio", value: 0.9 }], {}, ["warning", 90]],
    [
      "declared",
      [{ name: "latency_seconds", value: 5 }],
      { health: { latency: { warning: "10s" } } },
      ["healthy", 100],
    ],
    [
      "several of one measure count once",
      ["a", "b", "c"].map((replica) => ({ name: "replica_up", value: 0, labels: { replica } }) as const),
      {},
      ["warning", 90],
    ],
    [
      "several measures add up",
      [
        { name: "latency_seconds", value: 2 },
        { name: "cache_hit_ratio", value: 0.1 },
        { name: "checksum_failures_total", value: 1 },
      ],
      {},
      ["critical", 0],
    ],
    [
      "age of a moment",
      [{ name: "last_backup_timestamp_seconds", value: hours(27) }],
      { health: { backupAge: { warning: "26h", critical: "3d" } } },
      ["warning", 90],
    ],
    ["nothing said of it", [{ name: "last_backup_timestamp_seconds", value: hours(1000) }], {}, ["healthy", 100]],
    [
      "unknown and wanted",
      [{ name: "last_backup_timestamp_seconds", missing: "nobody knows" }],
      { health: { backupAge: { critical: "3d" } } },
      ["warning", 90],
    ],
    [
      "unknown and not wanted",
      [{ name: "last_backup_timestamp_seconds", missing: "nobody knows" }],
      {},
      ["healthy", 100],
    ],
    [
      "not to be known yet",
      [{ name: "cache_hit_ratio", missing: "too few", yet: true }],
      { health: { cacheHitRatio: { warning: "90%" } } },
      ["healthy", 100],
    ],
    [
      "a replica's own bound",
      [{ name: "replication_lag_seconds", value: 3, labels: { replica: "r" } }],
      { replicas: [{ name: "r", host: "r", maxLag: "2s" }] },
      ["warning", 90],
    ],
  ])("%s", (_, measurements, more, expected) => {
    expect(judged(measurements, more)).toEqual(expected);
  });

  test("unreachable is nothing, whatever else is known", () => {
    const found = judge(
      [
        { name: "up", value: 0 },
        { name: "last_backup_timestamp_seconds", value: hours(1) },
      ],
      { ...BASE, health: { size: { warning: "1GB" } } },
      MEASURED,
      NOW,
    );
    expect([overall(found), scoreOf(found), found.length]).toEqual(["critical", 0, 2]);
  });
});

test("whatever is measured can be read by Prometheus, and every measure has what it needs", async () => {
  for (const name of MEASURE_NAMES) {
    const measure: Measure = MEASURES[name];
    expect([name, /^[a-z_]+$/.test(name), name.endsWith("_total")]).toEqual([name, true, measure.counter === true]);
    const suffix = {
      seconds: /_seconds(_total)?$/,
      bytes: /_bytes$/,
      ratio: /_ratio$/,
      moment: /_timestamp_seconds$/,
      count: /./,
      flag: /./,
    };
    expect([name, suffix[measure.unit].test(name)]).toEqual([name, true]);
    expect(measure.help).toMatch(/^[A-Z].*\.$/);
    const { warning, critical } = boundsOf(name, BASE) ?? {};
    if (warning !== undefined && critical !== undefined)
      expect([name, warning < critical]).toEqual([name, measure.worse !== "less"]);
  }
  const word = fc.oneof(fc.string(), fc.constantFrom('a"b', "a\\b", "a\nb", "é", "{}", "# HELP"));
  const measurement = fc
    .record({
      name: fc.constantFrom(...MEASURE_NAMES),
      value: fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }),
      words: fc.array(word, { minLength: 3, maxLength: 3 }),
    })
    .map(({ name, value, words }): Measurement => {
      const measure: Measure = MEASURES[name];
      const labels = Object.fromEntries((measure.labels ?? []).map((label, at) => [label, words[at] ?? ""]));
      return { name, value, ...(measure.labels && { labels }) };
    });
  const key = (one: Measurement): string => JSON.stringify([one.name, one.labels ?? {}]);
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(measurement, { selector: key, maxLength: 20 }),
      word,
      async (measurements, name) => {
        const source = { ...BASE, name };
        const report = reportOf({
          source,
          at: NOW,
          milliseconds: 1,
          failures: 0,
          measures: judge(measurements, source, MEASURED, NOW),
          diagnostics: [],
        });
        const { text } = await metrics([report]);
        const families = readExposition(text);
        expect([...families.keys()]).toEqual(metricsOf([report]).map((metric) => metric.name));
        const samples = [...families].filter(([family]) =>
          MEASURE_NAMES.includes(family.replace("datumline_", "") as never),
        );
        expect(samples.reduce((sum, [, family]) => sum + family.samples.size, 0)).toBe(measurements.length);
      },
    ),
  );
});

test.each([
  ["500ms", 0.5],
  ["30s", 30],
  ["2h", 7200],
  ["7d", 604_800],
  ["57%", 0.57],
  ["99.9%", 0.999],
  ["1.5GB", 1.5 * 2 ** 30],
])("%s is %d", (text, value) => {
  expect(quantity(text)).toBe(value);
});

test.each([
  [0.0004, "seconds", "400 µs"],
  [0, "seconds", "0 s"],
  [90, "seconds", "1.5 min"],
  [1536, "bytes", "1.5 kB"],
  [0.8123, "ratio", "81.2%"],
  [0.00000001, "ratio", "<0.01%"],
  [1, "flag", "yes"],
  [NOW.getTime() / 1000 - 7200, "moment", "2 h ago"],
] as const)("%d %s reads %s", (value, unit, text) => {
  expect(amountText(value, unit, NOW)).toBe(text);
});

test.each([
  ["SELECT a.b, $1 FROM t WHERE x = 'it''s' AND y>=10 /* c */ -- d", "select a.b, ? from t where x = ? and y >= ?"],
  ["SELECT E'a\\'b', $$body$$, U&'d', X'1F'::int", /^select \?, \?, u ?& ?\?, \?::int$/],
  ['SELECT "Odd Name" FROM s."T"', 'select "Odd Name" from s."T"'],
  ["SELECT 'never closed", "select …"],
])("no value of %s", (text, expected) => {
  expect(withoutValues(text)).toEqual(typeof expected === "string" ? expected : expect.stringMatching(expected));
});

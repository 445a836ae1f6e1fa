/**
 * A dashboard for Grafana of what is declared: a row for each data source, with the thresholds that `datumline health` judges
 * by. Prometheus is chosen in Grafana. https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
 */
import { hash } from "../hash.ts";
import { type Measured, type Question, questions, selector } from "./expressions.ts";
import type { Bounds, Measure, MeasureName, Unit } from "./measures.ts";

const SCHEMA_VERSION = 39;
const FULL = 24;
const PROMETHEUS = { type: "prometheus", uid: `\${prometheus}` };

interface Panel {
  readonly type: "stat" | "timeseries" | "table";
  readonly title: string;
  readonly description?: string;
  readonly targets: readonly object[];
  readonly fieldConfig: object;
  readonly options: object;
}

const SIZES = { stat: { w: 4, h: 4 }, timeseries: { w: 8, h: 7 }, table: { w: FULL, h: 8 } } as const;

const UNITS: Readonly<Record<Unit, string>> = {
  seconds: "s",
  moment: "s",
  bytes: "bytes",
  ratio: "percentunit",
  count: "short",
  flag: "bool_yes_no",
};

export function dashboard(all: readonly Measured[]): object {
  const panels: object[] = [];
  let y = 0;
  for (const measured of all) {
    panels.push({
      id: panels.length + 1,
      type: "row",
      title: measured.source.name,
      collapsed: false,
      gridPos: { x: 0, y, w: FULL, h: 1 },
      panels: [],
    });
    y += 1;
    for (const line of lines(panelsOf(measured))) {
      let x = 0;
      for (const panel of line) {
        const size = SIZES[panel.type];
        panels.push({ id: panels.length + 1, ...panel, datasource: PROMETHEUS, gridPos: { x, y, ...size } });
        x += size.w;
      }
      y += Math.max(...line.map(({ type }) => SIZES[type].h));
    }
  }
  return {
    uid: `datumline-${hash(all.map(({ source }) => source.name))}`,
    title: "Datumline: health",
    tags: ["datumline"],
    schemaVersion: SCHEMA_VERSION,
    editable: true,
    refresh: "1m",
    time: { from: "now-24h", to: "now" },
    templating: {
      list: [{ name: "prometheus", label: "Prometheus", type: "datasource", query: "prometheus", refresh: 1 }],
    },
    panels,
  };
}

/** Panels of one sort side by side, as many as there is room for. */
function lines(panels: readonly Panel[]): Panel[][] {
  const made: Panel[][] = [];
  for (const panel of panels) {
    const last = made.at(-1);
    const fits = last?.[0]?.type === panel.type && (last.length + 1) * SIZES[panel.type].w <= FULL;
    if (fits) last.push(panel);
    else made.push([panel]);
  }
  return made;
}

function panelsOf(measured: Measured): Panel[] {
  const asked = questions(measured).filter(({ name }) => !name.startsWith("statement_"));
  const isStat = ({ measure: { unit } }: Question): boolean => unit === "flag" || unit === "moment";
  return [
    statusPanel(measured),
    scorePanel(measured),
    ...asked.filter(isStat).map((one) => questionPanel("stat", one)),
    ...asked.filter((one) => !isStat(one)).map((one) => questionPanel("timeseries", one)),
    ...(measured.measures.includes("statement_seconds_total") ? [statementsPanel(measured)] : []),
  ];
}

function questionPanel(type: "stat" | "timeseries", { measure, labels, bounds, expression }: Question): Panel {
  const which = Object.values(labels)
    .map((label) => ` ${label}`)
    .join("");
  const expr = measure.counter ? `rate(${expression}[$__rate_interval])` : expression;
  const open = (measure.labels ?? []).filter((label) => labels[label] === undefined);
  const legendFormat = open.length === 0 ? measure.title : open.map((label) => `{{${label}}}`).join(" ");
  return {
    type,
    title: `${measure.title}${which}${measure.counter ? " per second" : ""}`,
    description: measure.help,
    targets: [target(expr, { legendFormat })],
    fieldConfig: fields(
      UNITS[measure.unit],
      steps(measure, measure.counter ? undefined : bounds),
      type === "timeseries" ? GRAPH : {},
    ),
    options:
      type === "stat" ? STAT : { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi" } },
  };
}

const GRAPH = { custom: { thresholdsStyle: { mode: "dashed" }, fillOpacity: 8, showPoints: "never" }, min: 0 };
const STAT = {
  colorMode: "background",
  graphMode: "none",
  reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
};
const GREEN = { color: "green", value: null };

function statusPanel({ source }: Measured): Panel {
  const words = Object.fromEntries(
    [
      ["healthy", "green"],
      ["warning", "yellow"],
      ["critical", "red"],
    ].map(([text, color], index) => [index, { text, color, index }]),
  );
  return {
    type: "stat",
    title: "status",
    targets: [target(selector("status", source))],
    fieldConfig: fields("none", [GREEN, { color: "yellow", value: 1 }, { color: "red", value: 2 }], {
      mappings: [{ type: "value", options: words }],
    }),
    options: STAT,
  };
}

function scorePanel({ source }: Measured): Panel {
  return {
    type: "stat",
    title: "score",
    targets: [target(selector("score", source))],
    fieldConfig: fields(
      "none",
      [
        { color: "red", value: null },
        { color: "yellow", value: 60 },
        { color: "green", value: 100 },
      ],
      { min: 0, max: 100 },
    ),
    options: STAT,
  };
}

/** Over the time that is shown, whatever the server has counted before. */
function statementsPanel({ source }: Measured): Panel {
  const increase = (name: MeasureName): string => `increase(${selector(name, source)}[$__range])`;
  const mean = `topk(10, ${increase("statement_seconds_total")} / (${increase("statement_calls_total")} > 0))`;
  return {
    type: "table",
    title: "slowest statements of this time",
    description: "Mean time of each, by its identifier; `datumline health` shows its text.",
    targets: [target(mean, { instant: true, format: "table" })],
    fieldConfig: fields("s", [GREEN], {}),
    options: { showHeader: true, sortBy: [{ displayName: "Value", desc: true }] },
  };
}

function target(expr: string, more: object = {}): object {
  return { refId: "A", datasource: PROMETHEUS, expr, ...more };
}

interface Step {
  readonly color: string;
  readonly value: number | null;
}

function fields(unit: string, thresholds: readonly Step[], more: object): object {
  return { defaults: { unit, thresholds: { mode: "absolute", steps: thresholds }, ...more }, overrides: [] };
}

/** Each colour from its value on; the first for all below. */
function steps({ unit, worse }: Measure, { warning, critical }: Bounds = {}): Step[] {
  const step = (color: string, value: number | undefined): Step[] => (value === undefined ? [] : [{ color, value }]);
  if (unit === "flag")
    return [
      { color: critical === undefined ? "yellow" : "red", value: null },
      { color: "green", value: 1 },
    ];
  if (worse !== "less") return [GREEN, ...step("yellow", warning), ...step("red", critical)];
  const [lowest, ...rest] = [
    ...(critical === undefined ? [] : [{ color: "red", upTo: critical }]),
    ...(warning === undefined ? [] : [{ color: "yellow", upTo: warning }]),
    { color: "green", upTo: undefined },
  ];
  let from = lowest?.upTo;
  const above = rest.map(({ color, upTo }): Step => {
    const made = { color, value: from ?? null };
    from = upTo;
    return made;
  });
  return [{ color: lowest?.color ?? "green", value: null }, ...above];
}

/** Numbers with a unit, as people read them: three digits say enough. */
import type { Unit } from "../health/measures.ts";

const SPANS = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
  [0.001, "ms"],
  [0.000001, "µs"],
] as const;
const SIZES = [
  [2 ** 40, "TB"],
  [2 ** 30, "GB"],
  [2 ** 20, "MB"],
  [2 ** 10, "kB"],
  [1, "B"],
] as const;

const LEAST_SHARE = 0.0001;

/** `0.4 ms`, `12.5 GB`, `81.2%`, `3`; a moment is told by how long ago it was. */
export function amountText(value: number, unit: Unit, now: Date): string {
  switch (unit) {
    case "seconds":
      return scaled(value, SPANS);
    case "bytes":
      return scaled(value, SIZES);
    case "ratio":
      return value > 0 && value < LEAST_SHARE ? `<${LEAST_SHARE * 100}%` : `${digits(value * 100)}%`;
    case "count":
      return String(value);
    case "flag":
      return value === 1 ? "yes" : "no";
    case "moment":
      if (value === 0) return "never";
      return `${scaled(Math.max(0, now.getTime() / 1000 - value), SPANS)} ago`;
  }
}

/** What a bound on a measure of the unit reads: that of a moment is on its age. */
export function boundText(bound: number, unit: Unit): string {
  return amountText(bound, unit === "moment" ? "seconds" : unit, new Date(0));
}

function scaled(value: number, units: readonly (readonly [size: number, name: string])[]): string {
  const smallest = units.at(-1) as readonly [number, string];
  const [size, name] = units.find(([each]) => Math.abs(value) >= each) ?? smallest;
  return value === 0 ? `0 ${units === SPANS ? "s" : name}` : `${digits(value / size)} ${name}`;
}

function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}

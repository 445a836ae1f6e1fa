/** Medians, ratios and the table that is printed. */

/** One figure with the goal that it is held against. */
export interface Figure {
  readonly name: string;
  readonly tables: number;
  readonly value: number | undefined;
  readonly unit: "×" | "s" | "ms" | "MB" | "";
  readonly goal?: number;
  /** What it is made of, in milliseconds, or why there is none. */
  readonly of?: Readonly<Record<string, readonly number[]>>;
  readonly note?: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Median of the one by the median of the other, both taken in the same rounds. */
export function ratio(
  name: string,
  tables: number,
  goal: number,
  ours: readonly number[],
  theirs: readonly number[] | undefined,
  missing: string,
): Figure {
  if (!theirs || theirs.length === 0)
    return { name, tables, value: undefined, unit: "×", goal, of: { ours }, note: missing };
  return { name, tables, value: median(ours) / median(theirs), unit: "×", goal, of: { ours, theirs } };
}

export function seconds(
  name: string,
  tables: number,
  goal: number | undefined,
  milliseconds: readonly number[],
): Figure {
  return {
    name,
    tables,
    value: median(milliseconds) / 1000,
    unit: "s",
    ...(goal !== undefined && { goal }),
    of: { ours: milliseconds },
  };
}

export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    figure.tables === 0 ? "" : figure.tables.toLocaleString("en-US"),
    figure.value === undefined ? "not compared" : format(figure.value, figure.unit),
    figure.goal === undefined ? "" : `≤ ${format(figure.goal, figure.unit)}`,
    verdict(figure),
    figure.note ?? spread(figure),
  ]);
  const all = [["", "tables", "reached", "goal", "", "milliseconds: median (each round)"], ...rows];
  const widths = (all[0] as string[]).map((_, column) => Math.max(...all.map((row) => (row[column] as string).length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] as number))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function verdict({ value, goal }: Figure): string {
  if (value === undefined || goal === undefined) return "";
  return value <= goal ? "reached" : "missed";
}

function format(value: number, unit: Figure["unit"]): string {
  if (unit === "MB" || unit === "ms") return `${Math.round(value)} ${unit}`;
  if (unit === "") return String(value);
  return unit === "s" ? `${value.toFixed(2)} s` : value.toFixed(2);
}

function spread({ of = {} }: Figure): string {
  return Object.entries(of)
    .map(([name, values]) => {
      const each = values.map((value) => Math.round(value)).join(" ");
      return `${name} ${Math.round(median(values))}${values.length > 1 ? ` (${each})` : ""}`;
    })
    .join(", ");
}

/** Backups as a person looks for one, and as a machine reads them. */
import type { Freshness } from "../backups/freshness.ts";
import type { Listing } from "../backups/manifest.ts";
import { amountText } from "./amount.ts";
import { painter } from "./paint.ts";

export interface PlaceReport extends Listing {
  readonly place: string;
  /** Why it could not be looked at. */
  readonly problem?: string;
}

export interface BackupsReport {
  readonly dataSource: string;
  readonly schedule: string;
  readonly rpo: string | undefined;
  readonly places: readonly PlaceReport[];
  readonly fresh: Freshness;
}

export function renderBackups(
  reports: readonly BackupsReport[],
  format: "text" | "json",
  { now, colour }: { readonly now: Date; readonly colour: boolean },
): string {
  if (format === "json") return `${JSON.stringify({ version: 1, schedules: reports.map(plain) }, null, 2)}\n`;
  const paint = painter(colour);
  const blocks = reports.map((report) => {
    const { dataSource, schedule, fresh, rpo, places } = report;
    const age = fresh.age === undefined ? "none yet" : `${amountText(fresh.age / 1000, "seconds", now)} old`;
    const bound = rpo === undefined ? "" : `, at most ${rpo} wanted`;
    const sign = fresh.withinRpo && !fresh.missed ? paint("green", "✓") : paint("red", "✗");
    return [
      `${paint("bold", `${dataSource} ${schedule}`)}`,
      `  ${sign} newest good backup: ${age}${bound}${fresh.missed ? `; missed: ${fresh.missed}` : ""}`,
      ...places.flatMap((place) => placeLines(place, now)),
    ].join("\n");
  });
  return `${blocks.join("\n\n")}\n`;
}

function placeLines({ place, backups, leftovers, unreadable, problem }: PlaceReport, now: Date): string[] {
  if (problem !== undefined) return [`  ${place}: ${problem}`];
  const lines = [...backups].reverse().map(({ manifest, damaged }) => {
    const bytes = manifest.parts.reduce((sum, part) => sum + part.bytes, 0);
    const marks = [
      manifest.format,
      `${amountText(bytes, "bytes", now)}`,
      `${manifest.engine} ${manifest.serverVersion}`,
      manifest.key && `sealed, key ${manifest.key}`,
      damaged.length > 0 && `DAMAGED: ${damaged.join(", ")}`,
    ].filter(Boolean);
    return `    ${manifest.id}  ${marks.join(", ")}`;
  });
  return [
    `  ${place}: ${backups.length} ${backups.length === 1 ? "backup" : "backups"}`,
    ...lines,
    ...unreadable.map((name) => `    ${name}  its manifest cannot be read`),
    ...(leftovers.length > 0 ? [`    ${leftovers.length} files of runs that did not end`] : []),
  ];
}

function plain({ places, ...rest }: BackupsReport) {
  return {
    ...rest,
    places: places.map(({ backups, ...place }) => ({
      ...place,
      backups: backups.map(({ manifest, damaged }) => ({ ...manifest, damaged })),
    })),
  };
}

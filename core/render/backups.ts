/** Backups as a person looks for one, and as a machine reads them. */
import { type Freshness, isFresh } from "../backups/freshness.ts";
import { bytesOf } from "../backups/manifest.ts";
import { type BackupState, type Installed, type PlaceState, type Proved, problemWith } from "../backups/state.ts";
import { amountText } from "./amount.ts";
import { type Paint, painter } from "./paint.ts";

interface BackupsOptions {
  readonly now: Date;
  readonly colour: boolean;
}

export function renderBackups(
  states: readonly BackupState[],
  format: "text" | "json",
  { now, colour }: BackupsOptions,
): string {
  if (format === "json") return `${JSON.stringify({ version: 1, schedules: states.map(plain) }, null, 2)}\n`;
  const paint = painter(colour);
  return `${states.map((state) => block(state, paint, now).join("\n")).join("\n\n")}\n`;
}

function block(state: BackupState, paint: Paint, now: Date): string[] {
  const { dataSource, schedule, fresh, rpo, rto, places, drills, elsewhere } = state;
  return [
    paint("bold", `${dataSource} ${schedule}`),
    ...runnerLines("runner", state.installed, paint),
    ...(elsewhere === undefined ? [] : [`  ${paint("dim", "·")} ${elsewhere}`]),
    ...(fresh ? [freshLine(fresh, rpo, paint, now)] : []),
    ...(drills.length === 0 ? [`  ${paint("dim", "·")} no RestoreDrill of it is declared`] : []),
    ...drills.flatMap((proved) => provedLines(proved, rto, paint, now)),
    ...places.flatMap((place) => placeLines(place, paint, now)),
  ];
}

function signed(isWell: boolean | undefined, paint: Paint): string {
  return isWell === undefined ? paint("dim", "·") : isWell ? paint("green", "✓") : paint("red", "✗");
}

const WELL: Readonly<Record<Installed["state"], boolean | undefined>> = {
  "as declared": true,
  differs: false,
  missing: false,
  "cannot be seen": undefined,
  "no runner": undefined,
};

function runnerLines(what: string, { state, runner, files, why }: Installed, paint: Paint): string[] {
  const said = {
    "as declared": "installed as declared",
    differs: `not as declared: ${files.join(", ")}`,
    missing: "not installed",
    "cannot be seen": `cannot be seen from here: ${why}`,
    "no runner": "none is declared",
  }[state];
  const where = runner ? ` (${runner.as} on ${runner.on})` : "";
  return [`  ${signed(WELL[state], paint)} ${what}${where}: ${said}`];
}

function freshLine(fresh: Freshness, rpo: string | undefined, paint: Paint, now: Date): string {
  const { age, missed, awaits } = fresh;
  const said = age === undefined ? "none yet" : `${amountText(age / 1000, "seconds", now)} old`;
  const bound = rpo === undefined ? "" : `, at most ${rpo} wanted`;
  const run = missed ? `; missed: ${missed}` : awaits ? `; the first is due on ${awaits}` : "";
  return `  ${signed(isFresh(fresh), paint)} newest good backup: ${said}${bound}${run}`;
}

function provedLines(proved: Proved, rto: string | undefined, paint: Paint, now: Date): string[] {
  const { drill, newest, faults, installed, elsewhere } = proved;
  const isWell = faults.length > 0 ? false : newest ? true : undefined;
  const bound = rto === undefined ? "" : `, at most ${rto} wanted`;
  const took = newest?.brokenOff
    ? ""
    : `, ${newest?.backup} in ${amountText(newest?.restoreSeconds ?? 0, "seconds", now)}${bound}`;
  const said = newest
    ? `${newest.problems.length === 0 ? "held" : "did not hold"} ${amountText(Date.parse(newest.endedAt) / 1000, "moment", now)}${took}`
    : (elsewhere ?? "none is proved yet");
  return [
    `  ${signed(isWell, paint)} restore (${drill}): ${said}`,
    ...faults.map((fault) => `      ${fault}`),
    ...(installed.state === "no runner" ? [] : runnerLines(`runner of ${drill}`, installed, paint)),
  ];
}

function placeLines(of: PlaceState, paint: Paint, now: Date): string[] {
  const { place, backups, leftovers, made, unreadable, problem, fresh, lacks } = of;
  if (problem !== undefined) return [`  ${signed(false, paint)} ${problemWith(of)}`];
  const lines = [...backups].reverse().map(({ manifest, damaged }) => {
    const marks = [
      manifest.format,
      `${amountText(bytesOf(manifest), "bytes", now)}`,
      `${manifest.engine} ${manifest.serverVersion}`,
      manifest.key && `sealed, key ${manifest.key}${manifest.mac ? "" : ", not signed"}`,
      damaged.length > 0 && `DAMAGED: ${damaged.join(", ")}`,
    ].filter(Boolean);
    return `    ${manifest.id}  ${marks.join(", ")}`;
  });
  return [
    `  ${signed(fresh && isFresh(fresh), paint)} ${place}: ${backups.length} ${backups.length === 1 ? "backup" : "backups"}${others(lacks)}`,
    ...lines,
    ...unreadable.map((name) => `    ${name}  its manifest cannot be read`),
    ...(leftovers.length > 0
      ? [`    ${leftovers.length} ${leftovers.length === 1 ? "file" : "files"} of runs that did not end${beside(made)}`]
      : []),
  ];
}

function others({ length }: PlaceState["lacks"]): string {
  return length === 0 ? "" : `, and not ${length} good ${length === 1 ? "one" : "ones"} of other places`;
}

function beside(made: PlaceState["made"]): string {
  return made.length === 0 ? "" : `, and ${made.map(({ label }) => label).join(", ")} in the repository`;
}

function plain({ places, ...rest }: BackupState) {
  return {
    ...rest,
    places: places.map(({ backups, leftovers, made, ...place }) => ({
      ...place,
      leftovers: [...leftovers, ...made.map(({ label }) => label)],
      backups: backups.map(({ manifest, damaged }) => ({ ...manifest, damaged })),
    })),
  };
}

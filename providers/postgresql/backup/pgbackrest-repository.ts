/**
 * What pgBackRest has in its repository, held against what manifests say of it.
 * https://pgbackrest.org/command.html#command-info https://pgbackrest.org/command.html#command-verify
 */
import { toolFailed } from "../../../core/backups/faults.ts";
import type { Made, Manifest, Repository } from "../../../core/backups/model.ts";
import type { PgBackRest } from "./pgbackrest-program.ts";
import { pgBackRestOf } from "./pgbackrest-program.ts";

/** A set as `info` tells of it; moments are seconds since 1970. */
export interface BackupSet {
  readonly label: string;
  readonly type: "full" | "diff" | "incr";
  readonly reference: readonly string[] | null;
  /** A page was damaged when it was read. */
  readonly error: boolean;
  readonly archive: { readonly start: string; readonly stop: string };
  readonly timestamp: { readonly start: number; readonly stop: number };
  readonly info: { readonly size: number; readonly repository: { readonly delta: number } };
  readonly database: { readonly id: number; readonly "repo-key": number };
  /** Those of a set that was made with some, by pgBackRest from 2.41 on. */
  readonly annotation?: Readonly<Record<string, string>>;
}

/** Annotation of the sets that runs of Datumline make. */
const MARK = "datumline";

/** Options of a backup that mark it. */
export function marking(mark: string): string[] {
  return [`--annotation=${MARK}=${mark}`];
}

/** Does a version know annotations? */
export function canMark(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 41);
}

export interface StanzaInfo {
  readonly status: { readonly code: number; readonly message: string };
  readonly backup: readonly BackupSet[];
  readonly cipher: string;
  readonly archive: readonly {
    readonly id: string;
    readonly database: { readonly id: number; readonly "repo-key": number };
  }[];
  /** The identifier is a text: it is beyond what a number holds. */
  readonly db: readonly { readonly "system-id": string; readonly version: string; readonly id: number }[];
}

/** Everything that the repository has of a stanza. */
export async function stanzaInfo(rest: PgBackRest): Promise<StanzaInfo> {
  const said = await rest.run("info", ["--output=json"]);
  const [stanza] = JSON.parse(said.replaceAll(/"system-id":(\d+)/g, '"system-id":"$1"')) as StanzaInfo[];
  if (!stanza) throw toolFailed("pgbackrest", "info", `it says nothing of the stanza ${rest.stanza}`);
  return stanza;
}

export const repository: Repository = {
  async lacking(schedule, manifests) {
    if (manifests.length === 0) return new Map();
    const { backup } = await stanzaInfo(pgBackRestOf(schedule));
    const there = new Set(backup.map(({ label }) => label));
    return new Map(
      manifests.map((manifest) => [
        manifest.id,
        labelsOf(manifest)
          .filter((label) => !there.has(label))
          .map((label) => `${label} is not in the repository`),
      ]),
    );
  },
  async verify(schedule, manifests) {
    const rest = pgBackRestOf(schedule);
    const lacking = await repository.lacking(schedule, manifests);
    const { backup } = await stanzaInfo(rest);
    const found = new Map<string, readonly string[]>();
    const numbers = new Set(manifests.flatMap(({ repository: own }) => own?.number ?? []));
    for (const number of numbers) {
      const complaints = await complaintsOf(rest, number);
      const archive = new Set((await archived(rest, number)).map(({ segment }) => segment));
      for (const manifest of manifests.filter(({ repository: own }) => own?.number === number)) {
        const segments = segmentsOf(manifest);
        const missing = segments.filter((name) => !archive.has(name));
        const parts = [...labelsOf(manifest), ...segments];
        found.set(manifest.id, [
          ...backup.flatMap((set) => (set.label === manifest.label && set.error ? [DAMAGED_PAGES] : [])),
          ...missing.map((name) => `the segment ${name} of the log is missing`),
          ...complaints.flatMap(({ of, says }) => (parts.some((part) => of.includes(part)) ? [says] : [])),
        ]);
      }
    }
    return new Map(manifests.map(({ id }) => [id, [...(lacking.get(id) ?? []), ...(found.get(id) ?? [])]]));
  },
  async marked(schedule, prefix) {
    const { backup } = await stanzaInfo(pgBackRestOf(schedule));
    return backup.flatMap(({ label, annotation, database }): Made[] => {
      const mark = annotation?.[MARK];
      if (!mark?.startsWith(prefix)) return [];
      return [{ id: mark.slice(prefix.length), label, repository: { number: database["repo-key"] } }];
    });
  },
  async removable(schedule, made) {
    const { backup } = await stanzaInfo(pgBackRestOf(schedule));
    const going = new Set(made.map(({ label }) => label));
    const needed = new Set<string>();
    // What builds upon others is newer than they are; whoever took it, it must find them.
    for (const { label, reference } of [...backup].reverse())
      if (!going.has(label) || needed.has(label)) for (const one of reference ?? []) needed.add(one);
    return made.filter(({ label }) => label === undefined || !needed.has(label));
  },
  async remove(schedule, { label = "", repository: own }) {
    if (!own) return;
    const rest = pgBackRestOf(schedule);
    const there = (await stanzaInfo(rest)).backup.filter((one) => one.database["repo-key"] === own.number);
    if (!there.some((one) => one.label === label)) return;
    await rest.run("expire", [`--set=${label}`, `--repo=${own.number}`, ...retention(own.number, there.length - 1)]);
  },
};

/** Checksums of pages are looked at while they are copied. */
export const DAMAGED_PAGES = "pages of the server were damaged when it was taken";

/** Nothing goes but what is named, and the log from before the oldest that is left. */
function retention(number: number, left: number): string[] {
  const option = (name: string): string => `repo${number}-retention-${name}`;
  return [
    `--${option("full-type")}=count`,
    `--${option("full")}=9999999`,
    `--reset-${option("diff")}`,
    `--${option("archive-type")}=incr`,
    `--${option("archive")}=${Math.max(1, left)}`,
  ];
}

/** The set of a manifest and all that it builds upon. */
function labelsOf({ label, repository: own }: Manifest): readonly string[] {
  return [...(label === undefined ? [] : [label]), ...(own?.needs ?? [])];
}

interface Complaint {
  /** File that it is about. */
  readonly of: string;
  readonly says: string;
}

/** What `verify` finds wrong: it reads every file, and says so in its log alone. */
async function complaintsOf(rest: PgBackRest, number: number): Promise<readonly Complaint[]> {
  const found: Complaint[] = [];
  const line = (text: string): void => {
    const [, what, of, why = ""] = /INFO: ((?:invalid|file) \w+) '?([^\s':]+)'?(.*)$/.exec(text) ?? [];
    if (what !== undefined && of !== undefined) found.push({ of, says: `${what} ${of}${why}` });
  };
  const words = ["--output=text", "--log-level-console=info", `--repo=${number}`];
  await rest.run("verify", words, { line }).catch((problem: unknown) => {
    // Newer ones end with a code where they found something.
    if (found.length === 0) throw problem;
  });
  return found;
}

export interface Archived {
  readonly segment: string;
  /** Milliseconds since 1970 at which it was archived. */
  readonly at: number;
}

/** What the repository has of the log, oldest first. */
export async function archived(rest: PgBackRest, number: number): Promise<readonly Archived[]> {
  const path = `archive/${rest.stanza}`;
  const said = await rest.run("repo-ls", ["--recurse", "--output=json", `--repo=${number}`, path]);
  const files = JSON.parse(said) as Record<string, { readonly type: string; readonly time?: number }>;
  return Object.entries(files)
    .flatMap(([name, { time = 0 }]): Archived[] => {
      const segment = /\/([0-9A-F]{24})-[0-9a-f]{40}/.exec(name)?.[1];
      return segment === undefined ? [] : [{ segment, at: time * 1000 }];
    })
    .sort((a, b) => (a.segment < b.segment ? -1 : 1));
}

/** Names of the segments that it is recovered from. https://www.postgresql.org/docs/current/wal-internals.html */
function segmentsOf({ repository: own }: Manifest): readonly string[] {
  if (!own) return [];
  const { first, last, segmentBytes } = own.log;
  const each = 2 ** 32 / segmentBytes;
  const place = (name: string): number =>
    Number.parseInt(name.slice(8, 16), 16) * each + Number.parseInt(name.slice(16), 16);
  return Array.from({ length: Math.max(0, place(last) - place(first) + 1) }, (_, index) => {
    const at = place(first) + index;
    return segmentName(first.slice(0, 8), Math.floor(at / each), at % each);
  });
}

/** Name of the segment of the log that a position is in. */
export function segmentAt(timeline: string, position: bigint, segmentBytes: number): string {
  const at = position / BigInt(segmentBytes);
  const each = 2n ** 32n / BigInt(segmentBytes);
  return segmentName(timeline, Number(at / each), Number(at % each));
}

function segmentName(timeline: string, high: number, low: number): string {
  return `${timeline}${[high, low].map((part) => part.toString(16).toUpperCase().padStart(8, "0")).join("")}`;
}

/** What a drill saw, kept so that a later plan, an auditor and a person on call can rely on it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "../atomic-file.ts";
import { now } from "../clock.ts";
import { markNoDocuments } from "../no-documents.ts";
import type { TableCheck } from "./model.ts";

export const EVIDENCE_VERSION = 1;

export interface Evidence {
  readonly version: typeof EVIDENCE_VERSION;
  readonly drill: string;
  readonly dataSource: string;
  readonly schedule: string;
  readonly backup: string;
  readonly place: string;
  readonly startedAt: string;
  readonly endedAt: string;
  /** Where it was restored, for people. */
  readonly into: string;
  readonly serverVersion: string;
  /** Seconds from the start of the restore until the copy could be used. */
  readonly restoreSeconds: number;
  /** Seconds between the backup and the drill: what would have been lost. */
  readonly dataAgeSeconds: number;
  readonly objects: { readonly compared: number; readonly differences: readonly string[] };
  readonly tables: { readonly compared: readonly TableCheck[]; readonly differences: readonly string[] };
  readonly proofs?: { readonly held: number; readonly failed: readonly string[] };
  /** What the backup was not said to hold, and so was not looked at. */
  readonly left?: readonly string[];
  /** It came to no end: nothing but the reasons is known. */
  readonly brokenOff?: true;
  /** Every reason why it did not hold; none where it did. */
  readonly problems: readonly string[];
}

/** Keeps it as JSON, and as a page for people; gives both paths. */
export function keepEvidence(folder: string, evidence: Evidence, page: string): readonly string[] {
  const name = `${evidence.dataSource}-${evidence.drill}-${evidence.startedAt.slice(0, 19).replaceAll(":", "-")}Z`;
  const base = join(folder, name.replaceAll(/[^\w.-]/g, "_"));
  writeAtomically(`${base}.json`, `${JSON.stringify(evidence, null, 2)}\n`);
  writeAtomically(`${base}.html`, page);
  markNoDocuments(folder);
  return [`${base}.json`, `${base}.html`];
}

/** The newest drill of a data source that held; undefined where there is none. */
export function newestDrill(folder: string, dataSource: string): Evidence | undefined {
  return evidenceOf(folder, dataSource).findLast(({ problems }) => problems.length === 0);
}

/** Milliseconds by which the clocks of two machines may differ. */
const CLOCKS = 5 * 60 * 1000;

/** What all drills of a data source saw, whether or not they held, oldest first. One of the future proves nothing yet. */
export function evidenceOf(folder: string, dataSource: string): Evidence[] {
  const latest = now().getTime() + CLOCKS;
  const found = allEvidence(folder).filter((one) => one.dataSource === dataSource && Date.parse(one.endedAt) <= latest);
  return found.sort((a, b) => (a.endedAt < b.endedAt ? -1 : 1));
}

function allEvidence(folder: string): Evidence[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw problem;
  }
  return names.flatMap((name) => {
    try {
      const evidence = JSON.parse(readFileSync(join(folder, name), "utf8")) as Evidence;
      return evidence.version === EVIDENCE_VERSION && Array.isArray(evidence.problems) ? [evidence] : [];
    } catch {
      // Somebody else's file; what cannot be read is no evidence.
      return [];
    }
  });
}

/** What goes wrong with backups by the world's doing, each fault with its place and what to do next. */
import { error } from "../diagnostic.ts";
import { Refusal } from "../errors.ts";

/** Codes of the system, in words, with what mends them. */
const SYSTEM: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ["no space is left", "Free some space, shorten `retention`, or keep backups elsewhere; then run again."],
  EDQUOT: ["the quota is used up", "Free some space, or have the quota raised; then run again."],
  EFBIG: ["a file would be larger than it may be", "Raise the limit (`ulimit -f`, or that of the file system)."],
  EROFS: ["it can only be read", "Mount it so that it can be written."],
  EACCES: ["the user who runs this may not", "Give the user who runs backups the right to read and write it."],
  EPERM: ["the user who runs this may not", "Give the user who runs backups the right to read and write it."],
  ENOTDIR: ["a part of the path is no folder", "Mend `to`, or move the file that is in the way."],
  EEXIST: ["a file is where a folder should be", "Mend `to`, or move the file that is in the way."],
  ENOENT: ["it is gone", "See that it is mounted, and run again."],
};

/** What a place said; anything but the system's own codes passes through as it is. */
export function placeFailed(place: string, problem: unknown): unknown {
  const { code, syscall, message } = problem as NodeJS.ErrnoException;
  if (problem instanceof Refusal || code === undefined || syscall === undefined) return problem;
  const [says, detail] = SYSTEM[code] ?? [message, "See that the place can be written, and run again."];
  return new Refusal([error("PLACE_FAILED", `${place}: ${says} (${code})`, { detail })]);
}

/** Something that is stored is not what was written. */
export function damaged(what: string, why: string): Refusal {
  const detail =
    "`datumline backup verify` tells which backups are as they were written; restore another one, or from another place.";
  return new Refusal([error("BACKUP_DAMAGED", `${what} ${why}`, { detail })]);
}

/** Nothing of it was read. */
export function otherKey(id: string): Refusal {
  const detail = "Give `encryption.key` the key that it was made with; `backup list` shows the name of each key.";
  return new Refusal([error("RESTORE_REFUSED", `The backup ${id} was sealed with another key`, { detail })]);
}

/** What programs and servers complain of, with what mends it. */
const COMPLAINTS: readonly (readonly [RegExp, string])[] = [
  [
    /lock timeout|could not obtain lock|Query was: LOCK TABLE/,
    "Somebody else holds a lock that is needed. Run again later, or raise `connection.lockTimeout`.",
  ],
  [
    /permission denied to create/,
    "Let the role make databases and roles (`CREATEDB`, `CREATEROLE`), or give another one with `--url`.",
  ],
  [
    /permission denied/,
    "Give the role of the data source the right to read all that is backed up (`pg_read_all_data`).",
  ],
  [/row-level security|row security/, "Connect as the owner of the tables or as a role with `bypassrls`."],
  [/terminat|server closed the connection|SIGTERM|SIGKILL/, "Something ended it from outside. Run again."],
];

/** A program that failed, with what it said. */
export function toolFailed(name: string, how: string, complaint: string): Refusal {
  const detail = nextStep(`${how}${complaint}`);
  return new Refusal([error("TOOL_FAILED", `${name} ${how}: ${complaint}`, { detail })]);
}

/** What a server refused; anything else passes through as it is, a connection that broke included. */
export function serverRefused(problem: unknown): unknown {
  const { code = "", severity, message } = problem as { code?: string; severity?: string; message: string };
  if (problem instanceof Refusal || severity === undefined || /^(57P|08)/.test(code)) return problem;
  return new Refusal([error("TOOL_FAILED", `The server refused: ${message} (${code})`, { detail: nextStep(message) })]);
}

function nextStep(said: string): string {
  return COMPLAINTS.find(([pattern]) => pattern.test(said))?.[1] ?? "Mend what it says, and run again.";
}

/**
 * The files of a pooler, and the journal of a change: what was there before is written beside them first, and taken away
 * once the running pooler has proved the new. So a run that is stopped anywhere leaves either nothing done, or a journal
 * by which the next run knows what nobody has proved, and what to go back to.
 */
import { accessSync, chownSync, constants, readFileSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { writeAtomically } from "../../core/atomic-file.ts";
import { error } from "../../core/diagnostic.ts";
import { Refusal } from "../../core/errors.ts";
import { includes, iniText, parseIni } from "./ini.ts";
import type { Texts } from "./snapshot.ts";
import { parseUserlist, userlistText } from "./userlist.ts";

interface Files {
  readonly config: string;
  /** Undefined where there is none, and nothing says where one would be. */
  readonly userlist: string | undefined;
}

interface Raw {
  readonly ini: string;
  /** Undefined where there is no such file. */
  readonly userlist: string | undefined;
}

interface Journal {
  readonly before: Raw;
  readonly now: Raw;
  /** Databases that the run has paused. */
  readonly paused?: readonly string[];
}

/** Secrets stand in it, as in the userlist. */
const PRIVATE = 0o600;

export class PoolerFiles {
  readonly #files: Files;
  readonly #journal: string;

  constructor(files: Files) {
    this.#files = files;
    this.#journal = `${files.config}.datumline-journal`;
  }

  get config(): string {
    return this.#files.config;
  }

  read(): Texts {
    const raw = this.#raw();
    const ini = parseIni(raw.ini);
    const [taken] = includes(ini);
    if (taken === undefined) return textsOf(raw);
    const detail = `Datumline edits one file and would not know which says what: write what ${taken} holds into ${this.config}.`;
    throw new Refusal([error("NOT_SUPPORTED", `${this.config} takes in another file, ${taken}`, { detail })]);
  }

  /** What the running pooler proved last, where a run was stopped after it had written the present files. */
  proved(): Texts | undefined {
    const journal = this.#readJournal();
    return journal && isBetween(journal, this.#raw()) ? textsOf(journal.before) : undefined;
  }

  /** Writes both; what was there before stays in the journal. */
  write({ ini, userlist }: Texts): void {
    const before = this.#raw();
    const open = this.#readJournal();
    const list = userlistText(userlist);
    const isNew = before.userlist === undefined;
    const now: Raw = { ini: iniText(ini), userlist: isNew && list.trim() === "" ? undefined : list };
    const proved = open && isBetween(open, before) ? open.before : before;
    this.#keepJournal({ before: proved, now, paused: this.paused() });
    this.#put(now);
  }

  /** A database is about to be paused; whoever comes next knows by whom. */
  pausing(name: string): void {
    const there = this.#raw();
    const journal = this.#readJournal() ?? { before: there, now: there };
    this.#keepJournal({ ...journal, paused: [...this.paused(), name] });
  }

  /** Databases that a run has paused which is under way, or was stopped. */
  paused(): readonly string[] {
    return this.#readJournal()?.paused ?? [];
  }

  /** Puts back what the running pooler had proved; false where nothing was written. */
  putBack(): boolean {
    const journal = this.#readJournal();
    if (!journal || same(journal.before, journal.now)) return false;
    this.#put(journal.before);
    return true;
  }

  /** What is there now is proved. */
  keep(): void {
    rmSync(this.#journal, { force: true });
  }

  /** Changes with every change of the files; tells nothing of what is secret in them. */
  state(): unknown[] {
    const marks = [this.#files.userlist, this.#journal].map((path) => {
      const found = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
      return found ? [found.mtimeMs, found.size, found.ino] : null;
    });
    return [this.#raw().ini, ...marks];
  }

  /** Why the files could not be written, in words. */
  unwritable(): string | undefined {
    const folders = [this.#files.config, this.#files.userlist].flatMap((path) =>
      path === undefined ? [] : [dirname(path)],
    );
    for (const path of [...new Set([this.#files.config, ...folders])]) {
      try {
        accessSync(path, constants.W_OK);
      } catch (problem) {
        return `${path}: ${(problem as NodeJS.ErrnoException).code}`;
      }
    }
    return undefined;
  }

  #put({ ini, userlist }: Raw): void {
    const { config, userlist: path } = this.#files;
    if (userlist !== undefined) {
      if (path === undefined) throw new Refusal([noUserlist(config)]);
      const known = statSync(path, { throwIfNoEntry: false });
      // Whoever else could read it may not any more.
      writeAtomically(path, userlist, { mode: known ? known.mode & 0o770 : PRIVATE });
      const owner = statSync(config);
      if (!known && process.getuid?.() === 0) chownSync(path, owner.uid, owner.gid);
    }
    // One that was not there before goes again.
    else if (path !== undefined) rmSync(path, { force: true });
    writeAtomically(config, ini);
  }

  #raw(): Raw {
    const { config, userlist } = this.#files;
    return { ini: readText(config), userlist: userlist === undefined ? undefined : readOptional(userlist) };
  }

  #keepJournal(journal: Journal): void {
    writeAtomically(this.#journal, JSON.stringify(journal), { mode: PRIVATE });
  }

  #readJournal(): Journal | undefined {
    const text = readOptional(this.#journal);
    return text === undefined ? undefined : JSON.parse(text);
  }
}

function textsOf({ ini, userlist }: Raw): Texts {
  return { ini: parseIni(ini), userlist: parseUserlist(userlist ?? "") };
}

/** Is what is there all or a part of what a run wrote? What somebody else wrote since then is theirs. */
function isBetween({ before, now }: Journal, there: Raw): boolean {
  const isOurs = (key: keyof Raw): boolean => there[key] === before[key] || there[key] === now[key];
  return isOurs("ini") && isOurs("userlist") && (there.ini !== before.ini || there.userlist !== before.userlist);
}

function same(a: Raw, b: Raw): boolean {
  return a.ini === b.ini && a.userlist === b.userlist;
}

function noUserlist(config: string) {
  return error("MISSING_FIELD", `${config} names no userlist, and users are to be written into one`, {
    detail: "Declare PoolerSettings with `auth.file`, or give `pgbouncer.userlist` of the DataSource.",
  });
}

function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unreadable(path, problem);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (problem) {
    throw unreadable(path, problem);
  }
}

function unreadable(path: string, problem: unknown): Refusal {
  const detail =
    "Give `pgbouncer.config` of the DataSource as this machine sees the file, and run where it may be read. Where it is out of reach, `datumline render pooler` writes it for whoever installs it.";
  return new Refusal([
    error("UNREADABLE", `${path} cannot be read: ${(problem as NodeJS.ErrnoException).code}`, { detail }),
  ]);
}

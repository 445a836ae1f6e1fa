/**
 * pgBackRest as it is run here: with its own configuration, which says where the repository is and how it is sealed.
 * https://pgbackrest.org/configuration.html
 */
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { toolFailed } from "../../../core/backups/faults.ts";
import { error } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import { spawnOwned } from "../../../core/owned.ts";
import type { BackupSchedule } from "../../../core/specs.ts";
import { busy } from "./around.ts";

/** Where it looks when nothing is said. */
const CONFIGURATION = "/etc/pgbackrest/pgbackrest.conf";
const REPOSITORY = "/var/lib/pgbackrest";

/** The user that a program runs as. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

export interface PgBackRest {
  readonly stanza: string;
  readonly config: string;
  /** Somebody else than who we are. */
  readonly user: User | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** The words of a command, the program first. */
  words(command: string, ...options: readonly string[]): readonly [string, ...string[]];
  /** What a command writes; where it fails, what it says is thrown. */
  run(command: string, options?: readonly string[], listen?: Listening): Promise<string>;
}

export interface Listening {
  readonly signal?: AbortSignal;
  /** Hears every line as it is written. */
  readonly line?: (line: string) => void;
  /** Stands for what is thrown, by the code of the failure. */
  readonly explain?: (code: number, complaint: string) => Refusal | undefined;
}

export function pgBackRestOf({ how = {} }: BackupSchedule): PgBackRest {
  const { stanza = "", config = CONFIGURATION } = how;
  const user = userOf(config, stanza);
  const env = environment(user === undefined);
  const words: PgBackRest["words"] = (command, ...options) => [
    "pgbackrest",
    command,
    `--config=${config}`,
    `--stanza=${stanza}`,
    "--log-timestamp=n",
    ...options,
  ];
  return {
    stanza,
    config,
    user,
    env,
    words,
    async run(command, options = [], { signal, line, explain } = {}) {
      const [path, ...rest] = words(command, ...options);
      const child = spawnOwned(path, rest, {
        ...user,
        env,
        cwd: "/",
        stdio: ["ignore", "pipe", "pipe"],
        ...(signal && { signal }),
      });
      let said = "";
      let complaint = "";
      let open = "";
      child.stdout?.setEncoding("utf8").on("data", (text: string) => {
        if (!line) said += text;
        const lines = `${open}${text}`.split("\n");
        open = lines.pop() ?? "";
        for (const one of lines) line?.(one);
      });
      child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        complaint = `${complaint}${text}`.slice(-4000);
      });
      const [code] = (await once(child, "close")) as [number | null];
      if (code === 0) return said;
      const reason = complaint.trim();
      if (code === ABSENT) throw notInstalled();
      if (code === BUSY) throw busy(`Another run of pgBackRest is under way on the stanza ${stanza}`);
      throw explain?.(code ?? 0, reason) ?? toolFailed("pgbackrest", `${command} failed (${code})`, reason);
    },
  };
}

/** A shell's code for a program that is not there. */
const ABSENT = 127;
/** Its code for a lock that somebody else holds. https://github.com/pgbackrest/pgbackrest/blob/main/src/build/error/error.yaml */
const BUSY = 50;

function notInstalled(): Refusal {
  return new Refusal([
    error("TOOL_MISSING", "pgbackrest is not installed", {
      detail:
        "Debian, Ubuntu, Fedora, Alpine and Homebrew have it in the package pgbackrest, and so has apt.postgresql.org.",
    }),
  ]);
}

/** Its own settings and those of libpq; nothing else is its concern. */
function environment(isOurs: boolean): NodeJS.ProcessEnv {
  const passed = Object.entries(process.env).filter(
    ([name]) => /^(PGBACKREST_|PG[A-Z])/.test(name) || ["PATH", "TZ", ...(isOurs ? ["HOME"] : [])].includes(name),
  );
  return { ...Object.fromEntries(passed), LANG: "C" };
}

/**
 * As root it would leave files that the server, which archives into the same repository, can no longer read: it acts as
 * whoever has the data directory, or the repository.
 */
function userOf(config: string, stanza: string): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const setting = settingsIn(config, stanza);
  for (const path of [setting("pg1-path"), setting("repo1-path") ?? REPOSITORY]) {
    const known = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
    if (known && known.uid !== 0) return { uid: known.uid, gid: known.gid };
  }
  return undefined;
}

/** Settings of a stanza in its file: those of its own section first. */
function settingsIn(config: string, stanza: string): (name: string) => string | undefined {
  const found = new Map<string, string>();
  let section = "";
  for (const line of statSync(config, { throwIfNoEntry: false }) ? readFileSync(config, "utf8").split("\n") : []) {
    section = /^\s*\[(.+)\]\s*$/.exec(line)?.[1] ?? section;
    const [, name, value] = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) found.set(`${section} ${name}`, value);
  }
  return (name) => found.get(`${stanza} ${name}`) ?? found.get(`global ${name}`);
}

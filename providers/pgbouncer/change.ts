/**
 * One change of a pooler: pause what moves, write the files, load them, see on the console that what was written is in
 * force, and resume. Where it is not, the files of before are put back and loaded, and what was paused is resumed.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ConnectOptions, Run } from "../../core/engine.ts";
import { StatementError } from "../../core/errors.ts";
import { fill } from "../../core/sql.ts";
import { verifier } from "../postgresql/scram.ts";
import type { Console } from "./console.ts";
import type { PoolerFiles } from "./files.ts";
import { entries, pairsText, parsePairs, withEntry } from "./ini.ts";
import { Log } from "./log.ts";
import { lentBy } from "./pool-user.ts";
import { notInForce, type Snapshot, type Texts } from "./snapshot.ts";
import { type Command, type Edit, parseStatement } from "./statements.ts";
import { serves } from "./tls.ts";
import { withUser } from "./userlist.ts";
import type { Verifiers } from "./verifiers.ts";

interface Means {
  readonly console: Console;
  readonly files: PoolerFiles;
  readonly verifiers: Verifiers;
  readonly secret: ConnectOptions["secret"];
  /** Milliseconds that a pause may take. */
  readonly patience: number;
  readonly restart: readonly string[] | undefined;
  /** What is there, the files not yet proved. */
  look(): Promise<Snapshot>;
}

/** Milliseconds that the command for a restart may take, and the pooler after it. */
const RESTART = 60_000;
const UP = 20_000;

export class Change {
  readonly #means: Means;
  #paused: string[] = [];
  #restarts = false;

  constructor(means: Means) {
    this.#means = means;
  }

  async run(runs: readonly Run[]): Promise<void> {
    const { console, files, secret, verifiers } = this.#means;
    const before = files.read();
    const parsed = await Promise.all(runs.map(async (run) => parseStatement(await withSecrets(run, secret))));
    const commands = parsed.flatMap((one) => (Array.isArray(one) ? [] : [one]));
    const edits = await lent(
      parsed.flatMap((one) => (Array.isArray(one) ? one : [])),
      verifiers,
    );
    for (const name of namesOf(commands, "PAUSE")) await this.#pause(name);
    this.#restarts = commands.some(({ does }) => does === "RESTART");
    files.write(edits.reduce(edited, before));
    await this.#load(edits);
    for (const name of namesOf(commands, "RESUME")) await console.say(`RESUME ${sqlName(name)}`);
    for (const name of namesOf(commands, "ENABLE")) await console.say(`ENABLE ${sqlName(name)}`);
  }

  /** As it was before. */
  async undo(): Promise<void> {
    const { console, files } = this.#means;
    if (files.putBack()) {
      if (this.#restarts) await this.#restart().catch(() => undefined);
      else await console.say("RELOAD").catch(() => undefined);
      files.keep();
    }
    for (const name of this.#paused) await console.say(`RESUME ${sqlName(name)}`).catch(() => undefined);
  }

  async #pause(name: string): Promise<void> {
    const { console, patience } = this.#means;
    this.#paused.push(name);
    const pausing = console.say(`PAUSE ${sqlName(name)}`);
    const late = Symbol("late");
    let timer: NodeJS.Timeout | undefined;
    const waited = new Promise<typeof late>((done) => {
      timer = setTimeout(done, patience, late);
    });
    const outcome = await Promise.race([pausing, waited]).finally(() => clearTimeout(timer));
    if (outcome !== late) return;
    // The console waits as well: only another connection can take it back.
    pausing.catch(() => undefined);
    await console.reopen(UP);
    const hint = "Try again when fewer transactions are open, or raise `connection.lockTimeout`.";
    throw new StatementError(`${name} could not be paused within ${patience / 1000} s: a transaction is still open`, {
      statement: `PAUSE ${name}`,
      hint,
    });
  }

  async #load(edits: readonly Edit[]): Promise<void> {
    const { console, look } = this.#means;
    const log = new Log((await look()).config.get("logfile")?.value ?? "");
    let refused: string[] = [];
    if (this.#restarts) await this.#restart();
    else
      await console.say("RELOAD").catch((problem: Error) => {
        refused = [problem.message];
      });
    const now = await look();
    const wrong = [...refused, ...log.complaints(), ...notInForce(now, this.#restarts), ...(await this.#shutOut())];
    const certificate = now.config.get("client_tls_cert_file")?.value ?? "";
    const encrypts = now.config.get("client_tls_sslmode")?.value !== "disable";
    if (encrypts && edits.some(({ key }) => key.startsWith("client_tls_"))) {
      const served = await serves(console.at, certificate);
      if (served !== undefined) wrong.push(served);
    }
    if (wrong.length === 0) return;
    throw new StatementError(`The pooler did not take over what was written: ${[...new Set(wrong)].join("; ")}`, {
      hint: "The files are as they were before.",
    });
  }

  /** Whoever can no longer log in could not mend it either. */
  async #shutOut(): Promise<string[]> {
    try {
      await this.#means.console.reopen(0);
      return [];
    } catch (problem) {
      return [`a new login fails: ${(problem as Error).message}`];
    }
  }

  async #restart(): Promise<void> {
    const { console, restart } = this.#means;
    const [program = "", ...words] = restart ?? [];
    try {
      await promisify(execFile)(program, words, { timeout: RESTART });
      await console.reopen(UP);
    } catch (problem) {
      const { stderr, message } = problem as { readonly stderr?: string; readonly message: string };
      const hint = "The files are as they were before, and the pooler was restarted with them.";
      throw new StatementError(`The pooler did not restart: ${stderr?.trim() || message}`, {
        statement: [program, ...words].join(" "),
        hint,
      });
    }
  }
}

function namesOf(commands: readonly Command[], does: Command["does"]): string[] {
  return [...new Set(commands.flatMap((one) => (one.does === does && one.name !== undefined ? [one.name] : [])))];
}

function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A secret goes in as a JSON text, so that nothing in it ends the line. */
async function withSecrets({ text, secrets }: Run, secret: ConnectOptions["secret"]): Promise<string> {
  const values = await Promise.all(
    secrets.map(async ({ secret: reference, form }) => {
      const value = await secret(reference);
      return JSON.stringify(form === "clear" ? value : verifier(value));
    }),
  );
  return fill(text, secrets, (hole) => values[secrets.indexOf(hole)] as string);
}

/** What stands for a verifier of a data source is replaced by it. */
async function lent(edits: readonly Edit[], verifiers: Verifiers): Promise<Edit[]> {
  const bySource = new Map<string, string[]>();
  for (const { place, key, value } of edits) {
    const source = place === "userlist" && value !== undefined ? lentBy(value) : undefined;
    if (source !== undefined) bySource.set(source, [...(bySource.get(source) ?? []), key]);
  }
  const found = new Map<string, Map<string, string>>();
  for (const [source, names] of bySource) found.set(source, await verifiers.of(source, names));
  return edits.map((edit) => {
    const { place, key, value } = edit;
    if (place !== "userlist" || value === undefined) return edit;
    const source = lentBy(value);
    if (source === undefined) return { ...edit, value: JSON.parse(value) as string };
    const secret = found.get(source)?.get(key);
    if (secret !== undefined) return { ...edit, value: secret };
    const hint = "Declare its `password` there, or set one by hand.";
    throw new StatementError(`The role ${key} of ${source} has no password that could be lent`, { hint });
  });
}

function edited({ ini, userlist }: Texts, { place, key, value }: Edit): Texts {
  if (place === "userlist") return { ini, userlist: withUser(userlist, key, value) };
  const kept =
    place === "databases" && value !== undefined ? keepingPassword(entries(ini, place).get(key), value) : value;
  return { ini: withEntry(ini, place, key, kept), userlist };
}

/** A password that somebody wrote into the line stays, as long as it is for the same user. */
function keepingPassword(before: string | undefined, value: string): string {
  const [had, has] = [parsePairs(before ?? ""), parsePairs(value)];
  const password = had.get("password");
  return password === undefined || had.get("user") !== has.get("user")
    ? value
    : pairsText(new Map([...has, ["password", password]]));
}

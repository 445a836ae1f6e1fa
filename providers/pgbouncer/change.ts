/**
 * One change of a pooler: pause what moves, write the files, load them, see on the console that what was written is in
 * force, and resume. Where it is not, the files of before are put back and loaded, and what was paused is resumed.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { unlessAborted } from "../../core/abort.ts";
import type { ConnectOptions, Run } from "../../core/engine.ts";
import { StatementError } from "../../core/errors.ts";
import { type Console, sqlName } from "./console.ts";
import { edited, isLent, lent, withSecrets } from "./edits.ts";
import type { PoolerFiles } from "./files.ts";
import { forgetLimits, putBack } from "./forget.ts";
import { Log } from "./log.ts";
import { fatal, looksUp, type Memory } from "./memory.ts";
import { limitedBy, notInForce, type Snapshot } from "./snapshot.ts";
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
  /** Databases that this run has paused. */
  #paused: string[] = [];
  #waits = false;
  #restarts = false;
  #memory: Memory | undefined;
  /** Verifiers that were lent, by user. */
  #lent: ReadonlyMap<string, string | undefined> = new Map();
  #runs: Promise<void> = Promise.resolve();
  readonly #given = new AbortController();

  constructor(means: Means) {
    this.#means = means;
  }

  /** Where it fails it is undone, and the failure says what is so then. */
  run(runs: readonly Run[]): Promise<void> {
    this.#runs = this.#run(runs).catch(async (problem: unknown) => {
      const state = await this.undo();
      throw problem instanceof StatementError ? problem.hinting(state) : problem;
    });
    return this.#runs;
  }

  /** Given up from outside, wherever it is: it is undone, and whatever it would still do fails. */
  async abandon(): Promise<void> {
    this.#given.abort(new Error("interrupted"));
    await this.#runs.catch(() => undefined);
    await this.undo();
  }

  /** Fails where it was given up. */
  refuseAbandoned(): void {
    this.#given.signal.throwIfAborted();
  }

  async #run(runs: readonly Run[]): Promise<void> {
    const { console, files, secret, verifiers, look } = this.#means;
    const seen = await look();
    const { databases, memory, ini, userlist } = seen;
    this.#memory = memory;
    const parsed = await Promise.all(runs.map(async (run) => parseStatement(await withSecrets(run, secret))));
    const commands = parsed.flatMap((one) => (Array.isArray(one) ? [] : [one]));
    const written = parsed.flatMap((one) => (Array.isArray(one) ? one : []));
    const edits = await lent(written, verifiers);
    this.#lent = new Map(edits.flatMap(({ key, value }, at) => (isLent(written[at]) ? [[key, value] as const] : [])));
    const after = edits.reduce(edited, { ini, userlist });
    this.#restarts = commands.some(({ does }) => does === "RESTART");
    // A restart leaves nothing running, and forgets who is paused.
    if (!this.#restarts) {
      const why = fatal(after, memory);
      if (why.length > 0) throw tooLate(why);
      // What another hand has paused stays paused.
      const running = namesOf(commands, "PAUSE").filter((name) => databases.get(name)?.get("paused") !== "1");
      for (const name of running) await this.#pause(name);
    }
    this.refuseAbandoned();
    if (!this.#restarts) await forgetLimits(this.#means, after, limitedBy(seen));
    files.write(after);
    await this.#load(edits);
    this.refuseAbandoned();
    if (this.#restarts) return;
    for (const name of this.#paused.splice(0)) await console.say(`RESUME ${sqlName(name)}`);
    for (const name of namesOf(commands, "ENABLE")) await console.say(`ENABLE ${sqlName(name)}`);
  }

  /** As it was before, as far as the pooler lets; says in words what is so. Done once, it has nothing more to do. */
  async undo(): Promise<string> {
    const { console, files } = this.#means;
    // The console that waits for a pause cannot take it back: only another connection can.
    if (this.#waits) await console.reopen(UP).catch(() => undefined);
    this.#waits = false;
    const written = this.#restarts ? files.putBack() : await putBack(this.#means);
    const problem = written ? await this.#putInForce() : undefined;
    for (const name of this.#paused.splice(0)) await console.say(`RESUME ${sqlName(name)}`).catch(() => undefined);
    files.keep();
    if (!written) return "Nothing was written.";
    if (problem !== undefined) return `The files are as they were before, but the pooler is not: ${problem}`;
    return ["The files are as they were before, and the pooler runs with them.", ...(await this.#left())].join(" ");
  }

  /** Why the pooler has not taken over again what is in the files, and what to do, in words. */
  async #putInForce(): Promise<string | undefined> {
    const { console, files, look } = this.#means;
    const failed = this.#restarts ? await this.#restart().then(nothing, ({ message }: Error) => message) : undefined;
    try {
      // By what was written it may let nobody in: whoever is connected already loads what was before.
      if (!this.#restarts) await console.say("RELOAD");
      // One that is about to end still answers whoever it knows.
      await console.reopen(0);
      // One that could not be restarted may run, as it did before or not.
      if (failed !== undefined) await console.say("RELOAD");
      const wrong = notInForce(await look(), this.#restarts);
      if (wrong.length === 0) return undefined;
      return `it answers, and ${[failed, ...wrong].filter(Boolean).join("; ")}. Restart it by hand.`;
    } catch (problem) {
      const why = failed ?? (problem as Error).message;
      return `it does not answer: ${why}. See its log, and start it by hand with ${files.config}.`;
    }
  }

  /**
   * Whom it remembers now without a password it does not look up any more, though it did before: whose verifier was lent
   * keeps it in the userlist. Who has none is told, in words.
   */
  async #left(): Promise<string[]> {
    const { console, files, look } = this.#means;
    const [former, there] = [this.#memory, await look().catch(() => undefined)];
    const { memory: now } = there ?? {};
    if (this.#restarts || !former || !there || !now || !looksUp(there.ini)) return [];
    const isLeft = (name: string): boolean => !former.users.has(name) && !now.proved.has(name);
    const names = [...now.users].filter((name) => isLeft(name) && (now.endsOfTwins || this.#lent.has(name)));
    const kept = names.filter((name) => this.#lent.has(name));
    const userlist = kept.reduce((list, name) => withUser(list, name, this.#lent.get(name)), there.userlist);
    if (kept.length > 0) {
      files.write({ ini: there.ini, userlist });
      await console.say("RELOAD").catch(() => undefined);
    }
    const shut = names.filter((name) => !this.#lent.has(name));
    return [
      ...(kept.length > 0 ? [`${kept.join(", ")} kept a verifier in the userlist, to be able to log in.`] : []),
      ...(shut.length > 0 ? [`${shut.join(", ")} cannot be looked up until it restarts.`] : []),
    ];
  }

  async #pause(name: string): Promise<void> {
    const { console, files, patience } = this.#means;
    files.pausing(name);
    this.#paused.push(name);
    this.#waits = true;
    const late = AbortSignal.timeout(patience);
    try {
      await unlessAborted(AbortSignal.any([late, this.#given.signal]), console.say(`PAUSE ${sqlName(name)}`));
    } catch (problem) {
      if (!late.aborted) throw problem;
      const hint = "Try again when fewer transactions are open, or raise `connection.lockTimeout`.";
      throw new StatementError(`${name} could not be paused within ${patience / 1000} s: a transaction is still open`, {
        statement: `PAUSE ${name}`,
        hint,
      });
    }
    this.#waits = false;
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
    throw new StatementError(`The pooler did not take over what was written: ${[...new Set(wrong)].join("; ")}`, {});
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
    const statement = [program, ...words].join(" ");
    const failed = (why: string): StatementError =>
      new StatementError(`The pooler did not restart: ${why}`, { statement });
    await promisify(execFile)(program, words, { timeout: RESTART }).catch((problem: Failed) => {
      if (problem.killed) throw failed(`the command did not end within ${RESTART / 1000} s`);
      const ended = typeof problem.code === "number" ? `the command ended with code ${problem.code}` : problem.message;
      throw failed(problem.stderr?.trim() || ended);
    });
    await console.reopen(UP).catch((problem: Error) => {
      throw failed(`the command ended, and the console did not answer within ${UP / 1000} s: ${problem.message}`);
    });
  }
}

function nothing(): undefined {
  return undefined;
}

type Failed = Error & { readonly stderr?: string; readonly killed?: boolean; readonly code?: number | string };

/** It was safe to load when the plan was made. */
function tooLate(why: readonly string[]): StatementError {
  const hint = "Plan again: the new plan restarts the pooler.";
  return new StatementError(`The pooler would not survive what is to be loaded: ${why.join("; ")}`, { hint });
}

function namesOf(commands: readonly Command[], does: Command["does"]): string[] {
  return [...new Set(commands.flatMap((one) => (one.does === does && one.name !== undefined ? [one.name] : [])))];
}

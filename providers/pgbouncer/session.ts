/**
 * A pooler as a data source: files, a console, and no transactions of its own. What runs is written and loaded at once,
 * read back from the console, and kept or put back; until then a journal holds what was there before.
 */
import { createHash } from "node:crypto";
import { accessSync, constants } from "node:fs";
import { hostname } from "node:os";
import { type Address, kindOf } from "../../core/address.ts";
import type { Catalog, DataObject } from "../../core/catalog.ts";
import { type Diagnostic, error } from "../../core/diagnostic.ts";
import type { ConnectOptions, Inspection, Run, Session, Target } from "../../core/engine.ts";
import { Refusal } from "../../core/errors.ts";
import { FileLedger } from "../../core/file-ledger.ts";
import { takeLock } from "../../core/file-lock.ts";
import type { Kind } from "../../core/kind.ts";
import { KINDS } from "../../core/kinds/index.ts";
import type { LedgerEntry } from "../../core/ledger.ts";
import { canonical } from "../../core/objects.ts";
import type { DataSource, PoolUser } from "../../core/specs.ts";
import { Change } from "./change.ts";
import { Console, consoleOf, type InForce, sqlName } from "./console.ts";
import type { PoolerFiles } from "./files.ts";
import { putBack } from "./forget.ts";
import { HANDLERS } from "./handlers.ts";
import { entries } from "./ini.ts";
import { memoryOf } from "./memory.ts";
import { filesOf } from "./place.ts";
import { PAUSED } from "./pool-target.ts";
import type { Snapshot } from "./snapshot.ts";
import { parseStatement } from "./statements.ts";
import { secretsOf } from "./userlist.ts";
import { Verifiers } from "./verifiers.ts";
import { endsOfTwins } from "./versions.ts";

/** Counters among the answers of the console, which change with every client. */
const COUNTERS = /^current_/;

export async function connect(source: DataSource, options: ConnectOptions): Promise<Session> {
  const at = await consoleOf(source, options);
  const console = await Console.open(at);
  try {
    return await sessionOf(source, options, at, console);
  } catch (problem) {
    // Left open, it would keep the process from ending.
    await console.end();
    throw problem;
  }
}

async function sessionOf(
  source: DataSource,
  options: ConnectOptions,
  at: Awaited<ReturnType<typeof consoleOf>>,
  console: Console,
): Promise<Session> {
  const { version, versionNumber } = await console.version();
  const first = await console.inForce();
  const files = filesOf(source, first);
  const target: Target = {
    engine: "pgbouncer",
    identity: `pgbouncer ${at.host}:${at.port} ${hostname()}:${files.config}`,
    location: `${at.host}:${at.port}/pgbouncer`,
    version,
    versionNumber,
    user: at.user,
  };
  const ledger = source.ledger === "none" ? undefined : new FileLedger(`${files.config}.datumline.json`, source.name);
  const verifiers = new Verifiers(options);
  const patience = (source.connection.lockTimeout ?? 10) * 1000;
  const restart = source.pgbouncer?.restart;
  const locked = `${files.config}.datumline-lock`;
  if (!options.readOnly) await recover(console, files, locked);
  let unlock: (() => void) | undefined;
  let change: Change | undefined;

  const snapshot = async (probes: Catalog): Promise<Snapshot> => {
    const texts = files.read();
    const inForce = await console.inForce();
    return {
      ...texts,
      ...inForce,
      versionNumber,
      memory: {
        ...memoryOf(inForce, await console.pools(), texts.userlist),
        endsOfTwins: endsOfTwins(versionNumber),
      },
      paused: new Set(files.paused()),
      // What is under way is proved already, and kept once all is well.
      proved: change ? undefined : files.proved(),
      admin: at.user,
      matched: await verifiers.matched(probes, secretsOf(texts.userlist)),
    };
  };

  return {
    target,
    ledger,
    get traffic() {
      return { roundTrips: console.roundTrips, connections: console.connections + verifiers.connections };
    },
    async fingerprint() {
      return hashOf([target.identity, version, files.state(), countless(await console.inForce())]);
    },
    async inspect(probes): Promise<Inspection> {
      const before = await ledger?.entries("all");
      const seen = withLent(await snapshot(probes), probes, before?.values() ?? []);
      const { config, memory } = seen;
      const facts = { connectedAs: at.user, config, memory, ...(restart && { restart }) };
      return { catalog: catalogOf(seen), notModelled: notModelled(seen), facts, target, present: new Set() };
    },
    async probe(probes) {
      const { matched } = await snapshot(probes);
      return JSON.stringify([...matched].sort(([a], [b]) => (a < b ? -1 : 1)));
    },
    async spell() {
      return new Map();
    },
    async lock() {
      unlock ??= await takeLock(locked, patience);
    },
    async begin() {
      change = undefined;
    },
    async run(runs, progress) {
      if (runs.length === 0) return;
      const look = (): Promise<Snapshot> => snapshot(new Map());
      change = new Change({ console, files, verifiers, secret: options.secret, patience, restart, look });
      await change.run(runs);
      progress(runs.length);
    },
    async commit() {
      change?.refuseAbandoned();
      ledger?.keep(false);
      if (change) files.keep();
      change = undefined;
    },
    async rollback() {
      ledger?.forget();
      await change?.undo();
      change = undefined;
    },
    async abandon() {
      await change?.abandon();
      unlock?.();
    },
    preflight: async (runs) => [
      ...(runs.length > 0 ? mayOnlyLook(at.user, await console.inForce()) : []),
      ...preflight(runs, files, restart),
    ],
    async close() {
      unlock?.();
      await Promise.all([console.end(), verifiers.end()]);
    },
  };
}

/** What a run that was stopped had written and nobody has proved is taken back, and whom it paused goes on, unless that run is still under way. */
async function recover(console: Console, files: PoolerFiles, locked: string): Promise<void> {
  if (!files.proved() && files.paused().length === 0) return;
  const unlock = await takeLock(locked, 0).catch((problem: unknown) => {
    if (problem instanceof Refusal) return undefined;
    throw problem;
  });
  if (!unlock) return;
  try {
    if (await putBack({ console, files })) await console.say("RELOAD").catch(() => undefined);
    for (const name of files.paused()) await console.say(`RESUME ${sqlName(name)}`).catch(() => undefined);
    files.keep();
  } finally {
    unlock();
  }
}

/** Also shown is whose verifier the last run lent and nobody asks for any more: it could not go otherwise. */
function withLent(seen: Snapshot, probes: Catalog, before: Iterable<LedgerEntry>): Snapshot {
  const held = secretsOf(seen.userlist);
  const matched = new Map(seen.matched);
  for (const { address, applied } of before) {
    const { name, from } = applied as Partial<PoolUser>;
    const isLent = kindOf(address) === "PoolUser" && name !== undefined && from !== undefined && held.has(name);
    if (isLent && !probes.has(address)) matched.set(name, { from });
  }
  return { ...seen, matched };
}

function catalogOf(seen: Snapshot): Map<Address, DataObject> {
  const catalog = new Map<Address, DataObject>();
  for (const [name, handler] of Object.entries(HANDLERS)) {
    const kind = KINDS.get(name) as Kind;
    for (const found of handler.inspect(seen)) {
      const spec = canonical(kind.schema, kind.normalise?.(found) ?? found);
      catalog.set(kind.address(spec), { kind: name, spec });
    }
  }
  return catalog;
}

/** Sections that no kind describes, passwords that stand in the configuration, and what somebody paused on the console. */
function notModelled({ ini, databases, paused }: Snapshot): Inspection["notModelled"] {
  const known = new Set(["", "pgbouncer", "databases", "users"]);
  const sections = new Set(ini.map(({ section }) => section).filter((section) => !known.has(section)));
  const inClear = [...entries(ini, "databases")].filter(([, text]) => /(^|\s)password\s*=/.test(text));
  return [
    ...[...sections].map((name) => ({ type: "section", name })),
    ...inClear.map(([name]) => ({ type: "password in the configuration", name })),
    ...[...databases].flatMap(([name, row]) =>
      row.get("paused") === "1" && !paused.has(name) ? [{ type: PAUSED, name }] : [],
    ),
  ];
}

/** Without what changes with every client. */
function countless({ config, databases, users }: InForce): unknown {
  const rows = [...databases.values(), ...users.values()];
  return [[...config], rows.map((row) => [...row].filter(([column]) => !COUNTERS.test(column)))];
}

function hashOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64url");
}

/** Whom the console tells everything and obeys in nothing. */
function mayOnlyLook(user: string, { config }: InForce): Diagnostic[] {
  const names = (key: string): string[] => (config.get(key)?.value ?? "").split(",").map((name) => name.trim());
  if (names("admin_users").includes(user) || !names("stats_users").includes(user)) return [];
  const detail = "Connect as one of `admin_users`, or have it added there; plans and drift work as it is.";
  return [error("MISSING_PRIVILEGE", `${user} may look at the console and change nothing`, { detail })];
}

/** Files that the pooler must be able to read as well; what is missing or closed here is told before anything is written. */
function preflight(runs: readonly Run[], files: PoolerFiles, restart: readonly string[] | undefined): Diagnostic[] {
  const why = files.unwritable();
  const parsed = runs.map(({ text }) => parseStatement(text));
  const edits = parsed.flatMap((one) => (Array.isArray(one) ? one : []));
  const restarts = parsed.some((one) => !Array.isArray(one) && one.does === "RESTART");
  const keys = edits.filter(({ place, key }) => place === "pgbouncer" && /_tls_(ca|cert|key)_file$/.test(key));
  return [
    ...(why === undefined || runs.length === 0
      ? []
      : [
          error("NOT_WRITTEN", `The files of the pooler cannot be written: ${why}`, {
            detail: "Run as a user who may write the file and its folder; a change is written beside it and moved.",
          }),
        ]),
    ...(restarts && restart === undefined
      ? [
          error("MISSING_FIELD", "The plan restarts the pooler, and nothing says how", {
            detail: "Give the command under `pgbouncer.restart` of the DataSource.",
          }),
        ]
      : []),
    ...keys.flatMap(({ key, value = "" }) => (value === "" ? [] : unreadableKey(key, value))),
  ];
}

function unreadableKey(key: string, path: string): Diagnostic[] {
  try {
    accessSync(path, constants.R_OK);
    return [];
  } catch (problem) {
    const { code } = problem as NodeJS.ErrnoException;
    const detail =
      "The pooler would keep its former certificates and say so in its log alone. Check the path and that its user may read the file.";
    return [error("UNREADABLE", `${key}: ${path} cannot be read: ${code}`, { detail })];
  }
}

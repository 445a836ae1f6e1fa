/**
 * A folder in place of a server. What runs is gathered, read back as if it were done, and done at the end: ledger as
 * unfinished, files, what is to run after, ledger. A run that ends in between is taken up by the next.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { type Address, address } from "../../core/address.ts";
import type { Catalog, DataObject } from "../../core/catalog.ts";
import { type Diagnostic, error } from "../../core/diagnostic.ts";
import type { ConnectOptions, Inspection, Session, Target } from "../../core/engine.ts";
import { Refusal, StatementError } from "../../core/errors.ts";
import { FileLedger } from "../../core/file-ledger.ts";
import { takeLock } from "../../core/file-lock.ts";
import type { Spec } from "../../core/kind.ts";
import type { DataSource, File } from "../../core/specs.ts";
import { orderOf } from "./file.ts";
import { Folder } from "./folder.ts";

const HIDDEN = ".datumline";
/** Milliseconds that a command after a change may take. */
const AFTER = 120_000;

export function rootOf({ connection }: DataSource): string {
  return resolve(connection.path ?? ".");
}

export async function connect(source: DataSource, { readOnly }: ConnectOptions): Promise<Session> {
  const root = rootOf(source);
  refuseUnusable(root, readOnly);
  const ledger = new FileLedger(join(root, HIDDEN, "ledger.json"), source.name);
  const folder = new Folder(root);
  const target: Target = {
    engine: "files",
    identity: `files ${hostname()} ${realpathSync(root)}`,
    location: root,
    version: "1",
    versionNumber: 1,
    user: userInfo().username,
  };
  let unlock: (() => void) | undefined;

  const kept = (): string[] => ledger.content().entries.map(({ applied }) => (applied as unknown as File).path);
  const ours = (): ReadonlySet<string> => new Set(ledger.content().unfinished ? [] : kept());

  const read = (probes: Catalog): Map<Address, DataObject> => {
    const declared = [...probes.values()].map(({ spec }) => (spec as unknown as File).path);
    const known = ours();
    const catalog = new Map<Address, DataObject>();
    for (const path of new Set([...declared, ...kept()])) {
      const spec = folder.read(path, known);
      if (spec) catalog.set(address("File", path), { kind: "File", spec: spec as unknown as Spec });
    }
    return catalog;
  };
  const hashOf = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("base64url");

  return {
    target,
    ledger,
    traffic: { roundTrips: 0, connections: 0 },
    async fingerprint() {
      return hashOf([target.identity, ledger.content(), [...read(new Map()).values()]]);
    },
    async inspect(probes): Promise<Inspection> {
      const catalog = read(probes);
      const paths = [...catalog.values()].map(({ spec }) => (spec as unknown as File).path);
      const facts = { connectedAs: target.user, writtenAt: folder.writtenAt(paths) };
      return { catalog, notModelled: [], facts, target, present: new Set() };
    },
    async probe(probes) {
      return hashOf([...read(probes).values()]);
    },
    async spell(objects) {
      return new Map([...objects].map(([at, { spec }]) => [at, spec]));
    },
    async lock() {
      unlock ??= await takeLock(join(root, HIDDEN, "lock"), (source.connection.lockTimeout ?? 10) * 1000);
    },
    async begin() {
      folder.forget();
    },
    async run(runs, progress) {
      for (const [index, { text }] of runs.entries()) {
        folder.take(orderOf(text));
        progress(index + 1);
      }
    },
    async commit() {
      ledger.keep(true);
      folder.keep();
      await runAfter(source, root);
      ledger.keep(false);
    },
    async rollback() {
      folder.forget();
      ledger.forget();
    },
    async preflight() {
      return [];
    },
    async close() {
      unlock?.();
    },
  };
}

function refuseUnusable(root: string, readOnly: boolean): void {
  const refuse = (summary: string, detail: string): never => {
    const found: Diagnostic = error("CONNECTION_FAILED", summary, { detail });
    throw new Refusal([found]);
  };
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory())
    refuse(`There is no folder ${root}`, "Make it, or mend `connection.path` of the data source.");
  try {
    accessSync(root, readOnly ? constants.R_OK : constants.R_OK | constants.W_OK);
  } catch {
    refuse(`The folder ${root} may not be ${readOnly ? "read" : "written"}`, "Run as a user who may.");
  }
}

async function runAfter({ files }: DataSource, cwd: string): Promise<void> {
  for (const [command = "", ...words] of files?.after ?? []) {
    const line = [command, ...words].join(" ");
    try {
      await promisify(execFile)(command, words, { cwd, timeout: AFTER });
    } catch (problem) {
      const { stderr, message } = problem as { readonly stderr?: string; readonly message: string };
      const why = stderr?.trim() || message;
      throw new StatementError(`${line} failed: ${why}`, {
        statement: line,
        hint: "The files are in place. The next apply runs the command again.",
      });
    }
  }
}

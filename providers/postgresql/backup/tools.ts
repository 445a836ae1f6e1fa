/** PostgreSQL's own programs: where they are, and how they are told where to connect without anybody seeing a password. */
import { type ChildProcess, execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import { promisify } from "node:util";
import { toolFailed } from "../../../core/backups/faults.ts";
import { Output } from "../../../core/backups/programs.ts";
import { error } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import { ownedFolder, spawnOwned } from "../../../core/owned.ts";
import type { Endpoint } from "../client.ts";

export interface Program {
  readonly path: string;
  /** `15.18` */
  readonly version: string;
}

/** Debian keeps those of every major version side by side. */
const DEBIAN = "/usr/lib/postgresql";

/** The program of the lowest version that is at least the server's: an older pg_dump refuses a newer server. */
export async function program(name: string, major: number): Promise<Program> {
  const folders = [
    ...(process.env.PATH ?? "").split(delimiter),
    ...(existsSync(DEBIAN) ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, "bin")) : []),
  ];
  const paths = [...new Set(folders.map((folder) => join(folder, name)))].filter(existsSync);
  const found = (await Promise.all(paths.map(versionOf))).flatMap((one) => one ?? []);
  const fit = found
    .filter(({ version }) => majorOf(version) >= major)
    .sort((a, b) => majorOf(a.version) - majorOf(b.version));
  const [best] = fit;
  if (best) return best;
  const there = [...new Set(found.map(({ version }) => version))].join(", ");
  throw new Refusal([
    error("TOOL_MISSING", `${name} ${major} or newer is not installed${there ? `; there is ${there}` : ""}`, {
      detail: `Debian and Ubuntu have it in postgresql-client-${major}; Alpine in postgresql${major}-client; Homebrew in postgresql@${major}.`,
    }),
  ]);
}

async function versionOf(path: string): Promise<Program | undefined> {
  try {
    const { stdout } = await promisify(execFile)(path, ["--version"]);
    const version = /\d+(\.\d+)*/.exec(stdout)?.[0];
    return version === undefined ? undefined : { path, version };
  } catch {
    return undefined;
  }
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}

/** The environment of a program that connects; `remove` takes the files of its certificates away. */
export function libpqEnvironment({ host, port, database, user, config }: Endpoint): {
  readonly env: NodeJS.ProcessEnv;
  readonly remove: () => void;
} {
  const { ssl, password } = config;
  const files = typeof ssl === "object" ? certificateFiles(ssl) : undefined;
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    LANG: "C",
    PGHOST: host,
    PGPORT: `${port}`,
    PGDATABASE: database,
    PGUSER: user,
    PGAPPNAME: "datumline backup",
    PGCONNECT_TIMEOUT: `${Math.ceil((config.connectionTimeoutMillis ?? 10_000) / 1000)}`,
    PGSSLMODE: modeOf(ssl),
    ...files?.env,
    ...(typeof password === "string" && { PGPASSWORD: password }),
  };
  return { env, remove: () => files?.remove() };
}

function modeOf(ssl: Endpoint["config"]["ssl"]): string {
  if (ssl === false) return "disable";
  if (ssl === undefined || ssl === true) return "prefer";
  if (ssl.rejectUnauthorized === false) return "require";
  return ssl.checkServerIdentity ? "verify-ca" : "verify-full";
}

function certificateFiles(ssl: TlsOptions): { readonly remove: () => void; readonly env: NodeJS.ProcessEnv } {
  const folder = ownedFolder("tls");
  const written = (name: string, content: unknown, variable: string): NodeJS.ProcessEnv => {
    if (content === undefined) return {};
    const path = join(folder.path, name);
    writeFileSync(path, `${content}`, { mode: 0o600 });
    return { [variable]: path };
  };
  const env = {
    // Without a file of its own libpq trusts what the user keeps in ~/.postgresql; the system's are meant.
    ...(ssl.ca === undefined && { PGSSLROOTCERT: "system" }),
    ...written("ca.pem", ssl.ca, "PGSSLROOTCERT"),
    ...written("cert.pem", ssl.cert, "PGSSLCERT"),
    ...written("key.pem", ssl.key, "PGSSLKEY"),
  };
  return { remove: folder.remove, env };
}

/** What a program writes. */
export function output(path: string, words: readonly string[], env: NodeJS.ProcessEnv, signal: AbortSignal): Output {
  return new Output((stdout) => {
    const child = spawnOwned(path, words, { env, stdio: ["ignore", stdout, "pipe"], signal });
    return { child, ended: ended(child, path) };
  });
}

/** Waits for the end of a program; throws what it complained of. */
export async function ended(child: ChildProcess, path: string): Promise<void> {
  let complaint = "";
  child.stderr?.on("data", (text: Buffer) => {
    complaint = `${complaint}${text}`.slice(-4000);
  });
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (code !== 0) throw toolFailed(name, signal ? `was ended by ${signal}` : `failed (${code})`, complaint.trim());
}

/**
 * The real Terraform on a provider of this checkout, offline: `const here = await workspace({ files: { "main.tf": … } })`,
 * then `await here.run("plan")`. The provider is bundled from its sources, once per test file and entry.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "@jest/globals";
import { type BuiltProvider, buildProvider, SOURCE } from "../../scripts/build-provider.ts";
import { unless } from "./skipping.ts";

/** Older ones know no write-only attributes. */
const OLDEST = [1, 11];

export interface Ran {
  /** null where a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running extends ChildProcess {
  /** All that was printed so far, on both streams. */
  readonly printed: () => string;
  /** Until this was printed. */
  readonly until: (text: string) => Promise<void>;
  /** A signal to Terraform and its providers, as Ctrl-C sends it. */
  readonly interrupt: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<Ran>;
}

export interface WorkspaceOptions {
  /** Path in the workspace → text; one of them opens with `REQUIRED`. */
  readonly files?: Readonly<Record<string, string>>;
  /** Module that serves the provider; that of `terraform/` by default. */
  readonly provider?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** @default true */
  readonly init?: boolean;
}

export interface Workspace {
  readonly path: string;
  readonly provider: BuiltProvider;
  write(file: string, text: string): void;
  /** Runs to the end, whatever its status. */
  run(...args: readonly string[]): Promise<Ran>;
  /** The same in a process group of its own, to be interrupted. */
  start(...args: readonly string[]): Running;
  /** What `terraform show -json` says of the state, or of a plan file. */
  show<T = unknown>(planFile?: string): Promise<T>;
}

/** The block that names the provider. */
export const REQUIRED = `terraform {
  required_providers {
    datumline = { source = "${SOURCE}" }
  }
}
`;

const folders: string[] = [];
const running = new Set<ChildProcess>();
const built = new Map<string | undefined, Promise<BuiltProvider>>();

afterAll(() => {
  for (const child of running) kill(child, "SIGKILL");
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder with a configuration, ready to plan; gone after the test file. */
export async function workspace(options: WorkspaceOptions = {}): Promise<Workspace> {
  const path = temporary();
  const provider = await providerOf(options.provider);
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), text);
  };
  const config = join(temporary(), "terraform.rc");
  writeFileSync(config, `provider_installation {\n  filesystem_mirror {\n    path = "${provider.mirror}"\n  }\n}\n`);
  // Nothing of the surrounding Terraform settings, whose log level and arguments would change what is printed.
  const surrounding = Object.entries(process.env).filter(([name]) => !/^(TF|TERRAFORM|PLUGIN)_/.test(name));
  const env = {
    ...Object.fromEntries(surrounding),
    TF_CLI_CONFIG_FILE: config,
    CHECKPOINT_DISABLE: "1",
    TF_INPUT: "0",
    TF_IN_AUTOMATION: "1",
    ...options.env,
  };
  const start = (...args: readonly string[]): Running => launch(path, env, args);
  const run = (...args: readonly string[]): Promise<Ran> => start(...args).ended;
  const here: Workspace = {
    path,
    provider,
    write,
    run,
    start,
    async show<T>(planFile?: string): Promise<T> {
      return JSON.parse(succeeded(await run("show", "-json", ...(planFile ? [planFile] : []))).stdout) as T;
    },
  };
  for (const [file, text] of Object.entries(options.files ?? {})) write(file, text);
  if (options.init !== false) succeeded(await run("init"));
  return here;
}

/** What ran, if it succeeded; otherwise the test ends with what it printed. */
export function succeeded(ran: Ran): Ran {
  if (ran.status !== 0) throw new Error(`Terraform ended with ${ran.status}:\n${ran.stdout}${ran.stderr}`);
  return ran;
}

/** The bundled provider, made once per test file. */
export function providerOf(entry?: string): Promise<BuiltProvider> {
  const known = built.get(entry) ?? buildProvider(temporary(), entry);
  built.set(entry, known);
  return known;
}

/** A folder that is gone after the test file. */
export function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "datumline-terraform-"));
  folders.push(folder);
  return folder;
}

/** `describe`, where there is a Terraform to run; elsewhere the suite says that it was skipped, and why. */
export function describeTerraform(name: string, suite: () => void): void {
  unless(withoutTerraform(), name).suite(name, suite);
}

function withoutTerraform(): string | undefined {
  const { stdout, status } = spawnSync("terraform", ["version", "-json"], {
    encoding: "utf8",
    env: { ...process.env, CHECKPOINT_DISABLE: "1" },
  });
  if (status !== 0) return "there is no terraform on the PATH";
  const { terraform_version: version } = JSON.parse(stdout) as { terraform_version: string };
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined;
  return `terraform ${version} is older than ${OLDEST.join(".")}`;
}

function launch(cwd: string, env: NodeJS.ProcessEnv, args: readonly string[]): Running {
  const child = spawn("terraform", [...args], {
    cwd,
    env: { ...env, TF_CLI_ARGS: "-no-color" },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
      child.emit("printed");
    });
  }
  const printed = (): string => texts.stdout + texts.stderr;
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => {
      running.delete(child);
      resolve({ status, ...texts });
    });
  });
  const until = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (printed().includes(text)) resolve();
      };
      child.on("printed", look);
      child.on("close", () => reject(new Error(`Terraform ended without saying "${text}":\n${printed()}`)));
      look();
    });
  return Object.assign(child, {
    printed,
    until,
    interrupt: (signal: NodeJS.Signals) => kill(child, signal),
    ended,
  });
}

/** The whole process group, providers included; what has ended needs no signal. */
function kill({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, signal);
}

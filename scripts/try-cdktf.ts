/**
 * The examples for Terraform as a user runs them: the packed package, the command lines of cdktf and cdktn, plain
 * Terraform, each on a PostgreSQL of its own: deploy, no changes, drift and its repair, destroy. `npm run test:cdktf`, or
 * `-- cdktn hcl` for some. The command lines are half a gigabyte, so they are no dependencies and fetched each time. All run
 * side by side: most of it is waiting.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { type EmbeddedPostgres, startPostgres } from "./embedded.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const EXAMPLES = join(ROOT, "examples");

/** Why a part cannot run here. */
class Skipped extends Error {}

interface Part {
  readonly example: string;
  /** What its package.json does not name: the package itself is installed from its packed file. */
  readonly packages: readonly string[];
  /** What must be on the PATH. @default "terraform" */
  readonly program?: string;
  readonly first?: readonly string[];
  readonly deploy: readonly string[];
  /** Succeeds, and says the text, where there is nothing to do. */
  readonly unchanged: readonly (readonly [command: readonly string[], says: string])[];
  readonly destroy: readonly string[];
  /** Runs the commands on the Node of an npm package, in place of this one. */
  readonly node?: string;
}

const cdk = (name: string, example: string, more: Pick<Part, "packages" | "node">): Part => ({
  example,
  deploy: ["npx", name, "deploy", "--auto-approve"],
  unchanged: [
    [["npx", name, "diff"], "No changes"],
    [["npx", name, "deploy", "--auto-approve"], "No changes"],
  ],
  destroy: ["npx", name, "destroy", "--auto-approve"],
  ...more,
});

const hcl = (program: string): Part => ({
  example: "terraform-hcl",
  packages: [],
  program,
  first: [program, "init", "-plugin-dir=node_modules/datumline/dist/terraform/mirror"],
  deploy: [program, "apply", "-auto-approve"],
  unchanged: [[[program, "plan", "-detailed-exitcode"], "No changes"]],
  destroy: [program, "destroy", "-auto-approve"],
});

const PARTS: Readonly<Record<string, Part>> = {
  cdktf: cdk("cdktf", "cdktf-warehouse", { packages: [] }),
  // Its command line does not start on Node 20.
  cdktn: cdk("cdktn", "cdktn-warehouse", { packages: ["node@22"], node: "node" }),
  hcl: hcl("terraform"),
  tofu: hcl("tofu"),
};

const asked = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), "datumline-try-"));
try {
  const packed = pack();
  const parts = Object.entries(PARTS).filter(([name]) => asked.length === 0 || asked.includes(name));
  const results = await Promise.all(parts.map(([name, part]) => resultOf(name, part, packed)));
  console.log(`\n${results.join("\n")}`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function resultOf(name: string, part: Part, packed: string): Promise<string> {
  try {
    await tryPart(name, part, packed);
    return `${name}: deployed, unchanged, repaired, destroyed`;
  } catch (problem) {
    if (problem instanceof Skipped) return `${name}: SKIPPED: ${problem.message}`;
    process.exitCode = 1;
    return `${name}: FAILED: ${(problem as Error).message}`;
  }
}

function pack(): string {
  const text = execFileSync("npm", ["pack", "--json", "--pack-destination", scratch], { cwd: ROOT, encoding: "utf8" });
  const [{ filename }] = JSON.parse(text.slice(text.indexOf("[\n"))) as [{ filename: string }];
  return join(scratch, filename);
}

async function tryPart(name: string, part: Part, packed: string): Promise<void> {
  const { program = "terraform" } = part;
  if (spawnSync(program, ["version"]).status !== 0) throw new Skipped(`there is no ${program} on the PATH`);
  const folder = join(scratch, name);
  cpSync(join(EXAMPLES, part.example), folder, { recursive: true });
  await install(folder, part, packed);
  const server = await startPostgres();
  try {
    await onServer(server, "CREATE DATABASE analytics", "postgres");
    await life(part, folder, server);
  } finally {
    await server.stop();
  }
}

/** From nothing to a warehouse and back. */
async function life(part: Part, folder: string, server: EmbeddedPostgres): Promise<void> {
  const env = environment(part, folder, server);
  const run = async (command: readonly string[], says = ""): Promise<void> => {
    const { status, stdout, stderr } = await ran(command, folder, env);
    console.log(`\n$ ${command.join(" ")}\n${stdout}${stderr}`);
    if (status !== 0) throw new Error(`\`${command.join(" ")}\` ended with ${status}`);
    if (!stdout.includes(says)) throw new Error(`\`${command.join(" ")}\` does not say "${says}"`);
  };
  const tables = async (): Promise<number> => {
    const query =
      "SELECT count(*)::int AS tables FROM pg_class WHERE relnamespace = to_regnamespace('sales') AND relkind = 'r'";
    return ((await onServer(server, query))[0] as { tables: number }).tables;
  };
  if (part.first) await run(part.first);
  await run(part.deploy);
  if ((await tables()) !== 2) throw new Error("the tables are not there");
  for (const [command, says] of part.unchanged) await run(command, says);
  await onServer(server, "DROP POLICY europe ON sales.sales_fact");
  await run(part.deploy, "europe");
  for (const [command, says] of part.unchanged) await run(command, says);
  await run(part.destroy);
  if ((await tables()) !== 0) throw new Error("the tables are still there");
}

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function ran([program = "", ...args]: readonly string[], cwd: string, env = process.env): Promise<Ran> {
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { status: status as number, stdout, stderr };
}

async function install(folder: string, { packages }: Part, packed: string): Promise<void> {
  const file = join(folder, "package.json");
  const manifest = JSON.parse(readFileSync(file, "utf8")) as { dependencies: Record<string, string> };
  manifest.dependencies.datumline = `file:${packed}`;
  writeFileSync(file, JSON.stringify(manifest));
  const { status, stderr } = await ran(["npm", "install", "--no-audit", "--no-fund", ...packages], folder);
  if (status !== 0) throw new Skipped(`the packages cannot be installed: ${stderr.trim().split("\n").at(-1)}`);
}

/** What a user's shell has, and nothing of ours. */
function environment({ node }: Part, folder: string, server: EmbeddedPostgres): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const own = Object.entries(env).filter(([name]) => !/^(npm_|TF_|DATUMLINE_)/.test(name));
  return {
    ...Object.fromEntries(own),
    ...(node && { PATH: [join(folder, "node_modules", node, "bin"), process.env.PATH].join(delimiter) }),
    CI: "1",
    CHECKPOINT_DISABLE: "1",
    DATABASE_URL: server.url({ database: "analytics" }),
    DESTROYABLE: "1",
    TF_VAR_protect: "false",
  };
}

async function onServer(server: EmbeddedPostgres, sql: string, database = "analytics"): Promise<readonly object[]> {
  const client = new pg.Client(server.url({ database }));
  await client.connect();
  try {
    return (await client.query(sql)).rows as object[];
  } finally {
    await client.end();
  }
}

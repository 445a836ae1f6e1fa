/**
 * The examples for Terraform as a user runs them: the packed package, the command lines of cdktf and cdktn, plain
 * Terraform, each on a PostgreSQL of its own: deploy, no changes, drift and its repair, destroy. `npm run test:cdktf`, or
 * `-- cdktn hcl` for some. The command lines are half a gigabyte, so they are no dependencies and fetched each time.
 */
import { execFileSync, type SpawnSyncReturns, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
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
const results: string[] = [];
try {
  const packed = pack();
  for (const [name, part] of Object.entries(PARTS)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    try {
      await tryPart(name, part, packed);
      results.push(`${name}: deployed, unchanged, repaired, destroyed`);
    } catch (problem) {
      if (problem instanceof Skipped) results.push(`${name}: SKIPPED: ${problem.message}`);
      else {
        results.push(`${name}: FAILED: ${(problem as Error).message}`);
        process.exitCode = 1;
      }
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`\n${results.join("\n")}`);

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
  install(folder, part, packed);
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
  const run = (command: readonly string[], says = ""): void => {
    console.log(`\n$ ${command.join(" ")}`);
    const [program = "", ...args] = command;
    const ran = spawnSync(program, args, { cwd: folder, env, encoding: "utf8" });
    console.log(`${ran.stdout}${ran.stderr}`);
    if (ran.status !== 0) throw new Error(`\`${command.join(" ")}\` ended with ${ran.status}`);
    if (!ran.stdout.includes(says)) throw new Error(`\`${command.join(" ")}\` does not say "${says}"`);
  };
  const tables = async (): Promise<number> => {
    const query =
      "SELECT count(*)::int AS tables FROM pg_class WHERE relnamespace = to_regnamespace('sales') AND relkind = 'r'";
    return ((await onServer(server, query))[0] as { tables: number }).tables;
  };
  if (part.first) run(part.first);
  run(part.deploy);
  if ((await tables()) !== 2) throw new Error("the tables are not there");
  for (const [command, says] of part.unchanged) run(command, says);
  await onServer(server, "DROP POLICY europe ON sales.sales_fact");
  run(part.deploy, "europe");
  for (const [command, says] of part.unchanged) run(command, says);
  run(part.destroy);
  if ((await tables()) !== 0) throw new Error("the tables are still there");
}

function install(folder: string, { packages }: Part, packed: string): void {
  const file = join(folder, "package.json");
  const manifest = JSON.parse(readFileSync(file, "utf8")) as { dependencies: Record<string, string> };
  manifest.dependencies.datumline = `file:${packed}`;
  writeFileSync(file, JSON.stringify(manifest));
  const ran: SpawnSyncReturns<string> = spawnSync("npm", ["install", "--no-audit", "--no-fund", ...packages], {
    cwd: folder,
    encoding: "utf8",
  });
  if (ran.status !== 0) throw new Skipped(`the packages cannot be installed: ${ran.stderr.trim().split("\n").at(-1)}`);
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

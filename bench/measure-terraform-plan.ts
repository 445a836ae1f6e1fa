/** `terraform plan` without changes, against a plan of next to nothing with the same provider; and what the state holds. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildProvider, SOURCE } from "../scripts/build-provider.ts";
import { DATABASE, type Run } from "./measure-server.ts";
import { type Figure, median, seconds } from "./report.ts";
import { benchFiles, writeJson } from "./schema.ts";
import { timed } from "./tools.ts";

/** Seconds of a plan without changes, at most; and how many times the plan of next to nothing. */
const GOALS: Readonly<Record<number, number>> = { 1000: 10 };
const TIMES = 3;
/** Bytes of the state for each declared object, at most. */
const STATE = 1024;

export async function measureTerraformPlan({ tables, rounds, server, scratch }: Run): Promise<Figure[]> {
  const mirror = join(scratch, "mirror");
  await buildProvider(mirror);
  const env = {
    ...process.env,
    CHECKPOINT_DISABLE: "1",
    TF_INPUT: "0",
    DATABASE_URL: server.url({ database: DATABASE }),
  };
  const connection = { url: { env: "DATABASE_URL" } };
  const workspace = (name: string, files: Parameters<typeof writeJson>[2], database: object): string => {
    const folder = join(scratch, name);
    mkdirSync(folder, { recursive: true });
    writeJson(join(folder, "declaration.json"), { name, engine: "postgresql", ...database } as never, files);
    writeFileSync(
      join(folder, "main.tf"),
      `terraform {\n  required_providers {\n    datumline = { source = "${SOURCE}" }\n  }\n}\nresource "datumline_declaration" "this" {\n  spec = file("declaration.json")\n}\n`,
    );
    for (const command of [
      ["init", `-plugin-dir=${mirror}`],
      ["apply", "-auto-approve"],
    ])
      execFileSync("terraform", command, { cwd: folder, env, stdio: ["ignore", "ignore", "inherit"] });
    return folder;
  };
  const files = benchFiles(tables);
  const full = workspace("bench", files, { connection });
  const empty = workspace("nothing", [], { connection });
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const [folder, into] of [
      [empty, theirs],
      [full, ours],
    ] as const)
      into.push(timed("terraform", [`-chdir=${folder}`, "plan", "-detailed-exitcode"], env));
  }
  const objects = files.flatMap(({ documents }) => documents).length;
  const state = join(full, "terraform.tfstate");
  if (JSON.parse(readFileSync(state, "utf8")).resources.length !== 1) throw new Error("nothing was applied");
  return [
    seconds("terraform plan, no changes", tables, GOALS[tables], ours),
    {
      name: "the same ÷ a plan of next to nothing",
      tables,
      value: median(ours) / median(theirs),
      unit: "×",
      ...(tables in GOALS && { goal: TIMES }),
      of: { ours, theirs },
    },
    {
      name: "bytes of state for each object",
      tables,
      value: Math.round(statSync(state).size / objects),
      unit: "",
      goal: STATE,
    },
  ];
}

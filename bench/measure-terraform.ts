/** The provider as Terraform starts it, two to five times per command: what each start costs before the first call. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildProvider } from "../scripts/build-provider.ts";
import { selfSigned } from "../terraform/plugin/certificate.ts";
import { COOKIE } from "../terraform/plugin/serve.ts";
import { type Figure, median } from "./report.ts";
import { timed } from "./tools.ts";

/** Milliseconds from the start of the process to its handshake, at most. */
const GOAL = 130;

/** From start to handshake, with TLS as Terraform asks for it, beside a node that does nothing. */
export async function measureProvider(rounds: number): Promise<Figure[]> {
  const scratch = mkdtempSync(join(tmpdir(), "datumline-bench-"));
  try {
    const { executable } = await buildProvider(join(scratch, "mirror"));
    const env = {
      ...process.env,
      TMPDIR: scratch,
      TF_PLUGIN_MAGIC_COOKIE: COOKIE,
      PLUGIN_PROTOCOL_VERSIONS: "5,6",
      PLUGIN_CLIENT_CERT: selfSigned().pem.toString(),
    };
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const empty = timed(process.execPath, ["-e", "0"]);
      const milliseconds = await handshake(executable, env);
      if (round === 0) continue;
      theirs.push(empty);
      ours.push(milliseconds);
    }
    return [
      {
        name: "Terraform provider, start to handshake",
        tables: 0,
        value: median(ours),
        unit: "ms",
        goal: GOAL,
        of: { ours, theirs },
      },
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function handshake(executable: string, env: NodeJS.ProcessEnv): Promise<number> {
  const start = performance.now();
  const provider = spawn(executable, { env, stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(provider.stdout, "data")) as [Buffer];
  const milliseconds = performance.now() - start;
  provider.kill("SIGKILL");
  await once(provider, "close");
  if (!line.toString().startsWith("1|6|")) throw new Error(`no handshake: ${line}`);
  return milliseconds;
}

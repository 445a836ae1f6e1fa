/** Kills what applies, again and again: `npm run test:chaos -- --rounds 3`. */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "10" }, seed: { type: "string" } } });
const { status } = spawnSync("npx", ["jest", "--testMatch", "**/test/**/*.chaos.ts", "--runInBand"], {
  stdio: "inherit",
  env: {
    ...process.env,
    DATUMLINE_CHAOS_ROUNDS: values.rounds,
    ...(values.seed !== undefined && { DATUMLINE_CHAOS_SEED: values.seed }),
  },
});
process.exitCode = status ?? 1;

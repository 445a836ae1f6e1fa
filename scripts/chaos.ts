/** Kills what applies, again and again: `npm run test:chaos -- --rounds 3`. */
import { parseArgs } from "node:util";
import { jest } from "./jest.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "10" }, seed: { type: "string" } } });
process.exitCode = jest("chaos", ["--testMatch", "**/test/**/*.chaos.ts"], {
  DATUMLINE_CHAOS_ROUNDS: values.rounds,
  ...(values.seed !== undefined && { DATUMLINE_CHAOS_SEED: values.seed }),
});

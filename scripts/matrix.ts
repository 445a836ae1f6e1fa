/**
 * The suites of the kinds on every supported major version: `npm run test:matrix`, or `-- --majors 13,17` for some. What
 * is not among the dependencies is fetched once and kept.
 */
import { parseArgs } from "node:util";
import { installMajor } from "./embedded.ts";
import { jest } from "./jest.ts";

const { values, positionals } = parseArgs({
  options: { majors: { type: "string", default: "13,14,15,16,17,18" } },
  allowPositionals: true,
});
const failed: string[] = [];
for (const major of values.majors.split(",").map(Number)) {
  await installMajor(major);
  // One major at a time, so that no more servers run than a laptop can take.
  const suites =
    positionals.length > 0
      ? positionals
      : ["test/postgresql", "test/access-model", "test/attacks", "test/intents", "test/proofs", "test/quality"];
  const status = jest(`matrix-${major}`, suites, { DATUMLINE_TEST_MAJORS: String(major) });
  if (status !== 0) failed.push(String(major));
}
console.log(
  failed.length === 0 ? `PostgreSQL ${values.majors}: all passed` : `Failed on PostgreSQL ${failed.join(", ")}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

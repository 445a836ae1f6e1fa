/** A role that only reads: every way to write to each of its objects is refused. */
import { failed, held, notProved, type ReadsOnlyClaim, type Verdict } from "../../../core/proofs/model.ts";
import { counted } from "../../../core/render/values.ts";
import type { Proving } from "./access.ts";
import { attemptAll, type Refused } from "./attempt.ts";
import { notThere } from "./describe.ts";
import { columnsOf, hindrance, IMPOSSIBLE, triesOf } from "./observe.ts";
import { become, makeProbe } from "./role.ts";

const COMMANDS = ["insert", "update", "delete"] as const;
/** Statements of one round trip. */
const BATCH = 500;

export async function proveReadsOnly(
  { as, objects }: ReadsOnlyClaim,
  { client, target }: Pick<Proving, "client" | "target">,
): Promise<Verdict> {
  const probe = as === "public" ? await makeProbe(client) : { role: as };
  if (typeof probe === "string") return notProved(probe);
  const columns = await columnsOf(objects, client);
  // Who may not even come into its schema would be refused what is not there.
  const missing = objects.filter((on) => !columns.has(on));
  if (missing.length > 0) return notProved(...missing.map(notThere));
  const tries = objects.flatMap((on) => COMMANDS.flatMap((command) => triesOf({ on, command }, columns)));
  const kept = await become(client, probe.role, target);
  if (kept !== undefined) return notProved(kept);
  const refusals: (Refused | undefined)[] = [];
  for (let at = 0; at < tries.length; at += BATCH) {
    const batch = tries.slice(at, at + BATCH).map(([, statement]) => statement);
    refusals.push(...(await attemptAll(client, batch)));
  }
  const other = refusals.find((refused) => refused && !refused.isDenied && !IMPOSSIBLE.test(refused.code));
  if (other) return notProved(hindrance(other));
  const possible = tries.flatMap(([what], index) => (refusals[index] ? [] : [what]));
  if (possible.length > 0) return failed(...possible.map((what) => `${as} is meant to read only: ${what}`));
  return held(counted(objects.length, "object"));
}

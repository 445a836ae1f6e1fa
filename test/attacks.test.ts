/** Ways around row and column security, each tried on an estate that was applied: it is blocked, or the plan tells of it. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Diagnostic } from "../core/diagnostic.ts";
import type { Plan } from "../core/plan.ts";
import { judge } from "../policies/judge.ts";
import { attempt } from "./support/attacks/attempt.ts";
import { ESTATE, HIDDEN, ROWS } from "./support/attacks/estate.ts";
import { ATTACKS } from "./support/attacks/index.ts";
import type { Attack } from "./support/attacks/model.ts";
import { ownServer } from "./support/cases.ts";
import { estate } from "./support/roundtrip.ts";
import { majors } from "./support/server.ts";

const join = (...documents: readonly (string | undefined)[]): string => documents.filter(Boolean).join("\n---\n");

test("each way is told once", () => {
  const ways = ATTACKS.map(({ way }) => way);
  expect(ways.filter((way, index) => ways.indexOf(way) !== index)).toEqual([]);
});

/** What is told of the estate that holds. It is so, and leads around nothing that is tried. */
const TOLD = [
  expect.stringMatching(/^BREAK_GLASS_OPEN waiting may take on `later`/),
  expect.stringMatching(/^SETTING_IS_NOT_A_BOUNDARY TenantIsolation by_setting trusts the setting app.tenant/),
];

describe.each(majors())("PostgreSQL %i", (major) => {
  // Logical decoding is one of the ways.
  const { url } = ownServer({ major, settings: { wal_level: "logical" } });
  const attacks = ATTACKS.filter(({ since = 0 }) => since <= major);
  const blocked = attacks.filter(({ outcome }) => outcome === "blocked");
  const reported = attacks.flatMap((attack) => (attack.outcome === "reported" ? [attack] : []));

  /** A database in which the estate was applied with what these attacks need beside it, and a plan of all of it. */
  async function attacked(all: readonly Attack[], refused: readonly string[] = []) {
    const at = await url();
    const on = estate(at);
    for (const { before } of all) if (before) await on.query(before);
    const documents = join(ESTATE, ...all.map(({ declare }) => declare));
    await on.apply(documents, { judge });
    await on.query(ROWS);
    for (const { prepare } of all) if (prepare) await on.query(prepare);
    return { at, plan: await on.plan(join(documents, ...refused), { judge }) };
  }

  let holds: { readonly at: string; readonly plan: Plan };
  let holes: typeof holds;
  beforeAll(async () => {
    holds = await attacked(blocked);
    holes = await attacked(
      reported,
      reported.flatMap(({ refused }) => refused ?? []),
    );
  });

  test("of what holds nothing else is told", () => {
    const grave = holds.plan.diagnostics.filter(({ severity }) => severity !== "note");
    expect(grave.map(({ code, summary }) => `${code} ${summary}`).sort()).toEqual(TOLD);
  });

  test.each(blocked.map((attack) => [attack.way, attack] as const))("blocked: %s", async (_, attack) => {
    const got = await attempt(holds.at, attack);
    expect(got).toMatch(attack.gets);
    expect(got).not.toMatch(HIDDEN);
  });

  test.each(reported.map((attack) => [attack.way, attack] as const))("reported: %s", async (_, attack) => {
    expect(await attempt(holes.at, attack)).toMatch(attack.gets);
    const { code, names } = attack;
    const all = [...holes.plan.diagnostics, ...hazards(holes.plan)];
    expect(all.filter((one) => one.code === code && one.summary.includes(names))).toHaveLength(1);
  });
});

/** Hazards tell as well: each with the object that it is one of. */
function hazards({ steps }: Plan): Pick<Diagnostic, "code" | "summary">[] {
  return steps.flatMap(({ address, statements }) =>
    statements.flatMap(({ hazards: all = [] }) =>
      all.map(({ code, message }) => ({ code, summary: `${address}: ${message}` })),
    ),
  );
}

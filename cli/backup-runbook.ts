import { dirname, resolve } from "node:path";
import { newestDrill } from "../core/backups/evidence.ts";
import { declaredSchedules, recoveryOf } from "../core/doors/backups.ts";
import { runbook } from "../core/render/runbook.ts";
import type { RestoreDrill } from "../core/specs.ts";
import type { Context } from "./context.ts";
import type { Ready } from "./declaration.ts";

/** A page for whoever is on call, of each data source that has backups. */
export async function writeRunbook(
  { options, operands, output, io }: Context,
  ready: readonly Ready[],
): Promise<number> {
  const schedules = declaredSchedules(ready, operands[1], io.cwd);
  const files = options.file.length > 0 ? options.file : ["."];
  const pages = ready.flatMap((one) => {
    const { name } = one.source;
    const own = schedules.filter((kept) => kept.ready === one);
    if (own.length === 0) return [];
    const drills = [...one.declared.values()].filter(({ kind }) => kind === "RestoreDrill");
    const held = drills.flatMap(({ spec, origin }) => {
      const { evidence = "evidence" } = spec as unknown as RestoreDrill;
      return newestDrill(resolve(io.cwd, dirname(origin?.file ?? "x"), evidence), name) ?? [];
    });
    const base = [...files.flatMap((file) => ["-f", file]), "--data-source", name];
    const withSteps = own.map((kept) => {
      const { schedule } = kept;
      const drill = drills.map(({ spec }) => spec as unknown as RestoreDrill).find(({ of }) => of === schedule.name);
      return { schedule, recovery: recoveryOf(kept, { base, drill: drill?.name }) };
    });
    return [runbook({ source: one.source, schedules: withSteps, drill: held.at(-1), files })];
  });
  output.result(pages.join("\n"));
  return 0;
}

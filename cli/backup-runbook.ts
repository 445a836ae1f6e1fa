import { dirname, resolve } from "node:path";
import { newestDrill } from "../core/backups/evidence.ts";
import { declaredSchedules } from "../core/doors/backups.ts";
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
  const pages = ready.flatMap((one) => {
    const own = schedules.filter((kept) => kept.ready === one).map(({ schedule }) => schedule);
    if (own.length === 0) return [];
    const drills = [...one.declared.values()].filter(({ kind }) => kind === "RestoreDrill");
    const held = drills.flatMap(({ spec, origin }) => {
      const { evidence = "evidence" } = spec as unknown as RestoreDrill;
      return newestDrill(resolve(io.cwd, dirname(origin?.file ?? "x"), evidence), one.source.name) ?? [];
    });
    const files = options.file.join(" -f ") || ".";
    const declared = drills.map(({ spec }) => spec as unknown as RestoreDrill);
    return [runbook({ source: one.source, schedules: own, drill: held.at(-1), drills: declared, files })];
  });
  output.result(pages.join("\n"));
  return 0;
}

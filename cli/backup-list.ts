import { type BackupState, stateFaults } from "../core/backups/state.ts";
import { now } from "../core/clock.ts";
import { drillsOf, stateOf } from "../core/doors/backup-state.ts";
import { declaredSchedules } from "../core/doors/backups.ts";
import { renderBackups } from "../core/render/backups.ts";
import { ENGINES } from "../providers/index.ts";
import { STORES } from "../providers/stores/index.ts";
import type { Context } from "./context.ts";
import type { Ready } from "./declaration.ts";

/** What there is of each schedule: whether its runner is installed, its backups new, and a restore of them proved. */
export async function list(context: Context, ready: readonly Ready[]): Promise<number> {
  const { options, output, secrets, io } = context;
  const states: BackupState[] = [];
  let isWell = true;
  for (const one of declaredSchedules(ready, context.operands[1], io.cwd)) {
    const state = await stateOf(one, { stores: STORES, engines: ENGINES, secrets, cwd: io.cwd });
    const drills = new Map(drillsOf(one).map(({ drill, at }) => [drill.name, at]));
    const faults = stateFaults(state, { schedule: one.at, drills });
    output.diagnostics(faults);
    states.push(state);
    isWell &&= faults.length === 0;
  }
  const format = options.format === "json" ? "json" : "text";
  output.result(renderBackups(states, format, { now: now(), colour: output.colour }));
  return isWell ? 0 : 2;
}

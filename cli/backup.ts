/** Backups by hand, as their runners do them: the first operand says what. */
import { error } from "../core/diagnostic.ts";
import { Refusal } from "../core/errors.ts";
import { nearest } from "../core/names.ts";
import type { Context } from "./context.ts";
import { type Ready, readDeclaration } from "./declaration.ts";

type Action = (context: Context, ready: readonly Ready[]) => Promise<number>;

/** What can be done, each loaded when it is asked for. */
const ACTIONS: Readonly<Record<string, () => Promise<Action>>> = {
  run: async () => (await import("./backup-run.ts")).runSchedules,
  list: async () => (await import("./backup-list.ts")).list,
  verify: async () => (await import("./backup-verify.ts")).verify,
  restore: async () => (await import("./backup-restore.ts")).restore,
  drill: async () => (await import("./backup-drill.ts")).drill,
  runbook: async () => (await import("./backup-runbook.ts")).writeRunbook,
  prune: async () => (await import("./backup-prune.ts")).pruneSchedules,
};

export async function backup(context: Context): Promise<number> {
  const [what = ""] = context.operands;
  const load = Object.hasOwn(ACTIONS, what) ? ACTIONS[what] : undefined;
  if (!load) throw unknown(what);
  const { load: ready } = await readDeclaration(context);
  return (await load())(context, await ready());
}

function unknown(what: string): Refusal {
  const names = Object.keys(ACTIONS);
  const near = nearest(what, names);
  const detail = `${near === undefined ? "" : `Did you mean ${near}? `}There are ${names.join(", ")}.`;
  return new Refusal([error("USAGE", `\`backup\` does nothing that is called ${what}`, { detail })]);
}

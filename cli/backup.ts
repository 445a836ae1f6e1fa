/** Backups by hand, as their runners do them: the first operand says what. */
import { error } from "../core/diagnostic.ts";
import { Refusal } from "../core/errors.ts";
import { nearest } from "../core/names.ts";
import { type OwnOption, refuseForeign } from "./backup-options.ts";
import type { Context } from "./context.ts";
import { type Ready, readDeclaration } from "./declaration.ts";

type Action = (context: Context, ready: readonly Ready[]) => Promise<number>;

/** What can be done, each loaded when it is asked for, and the options of its own. */
const ACTIONS: Readonly<
  Record<string, { readonly takes: readonly OwnOption[]; readonly load: () => Promise<Action> }>
> = {
  run: { takes: [], load: async () => (await import("./backup-run.ts")).runSchedules },
  list: { takes: ["format"], load: async () => (await import("./backup-list.ts")).list },
  verify: { takes: ["place"], load: async () => (await import("./backup-verify.ts")).verify },
  restore: {
    takes: ["place", "into", "into-directory", "at", "port", "schema", "table", "globals", "overwrite", "confirm"],
    load: async () => (await import("./backup-restore.ts")).restore,
  },
  drill: { takes: ["place", "format"], load: async () => (await import("./backup-drill.ts")).drill },
  runbook: { takes: [], load: async () => (await import("./backup-runbook.ts")).writeRunbook },
  prune: { takes: [], load: async () => (await import("./backup-prune.ts")).pruneSchedules },
};

export async function backup(context: Context): Promise<number> {
  const [what = ""] = context.operands;
  const action = Object.hasOwn(ACTIONS, what) ? ACTIONS[what] : undefined;
  if (!action) throw unknown(what);
  refuseForeign(what, context.options, action.takes);
  const { load: ready } = await readDeclaration(context);
  return (await action.load())(context, await ready());
}

function unknown(what: string): Refusal {
  const names = Object.keys(ACTIONS);
  const near = nearest(what, names);
  const detail = `${near === undefined ? "" : `Did you mean ${near}? `}There are ${names.join(", ")}.`;
  return new Refusal([error("USAGE", `\`backup\` does nothing that is called ${what}`, { detail })]);
}

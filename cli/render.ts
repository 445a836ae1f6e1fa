/** Files for other programs, made of the declaration alone: nothing is connected to. The first operand says for which. */
import { error } from "../core/diagnostic.ts";
import { Refusal } from "../core/errors.ts";
import { nearest } from "../core/names.ts";
import type { Context } from "./context.ts";

/** What can be rendered, each loaded when it is asked for. */
const RENDERED: Readonly<Record<string, () => Promise<(context: Context) => Promise<number>>>> = {
  client: async () => (await import("./render-client.ts")).renderClient,
  pooler: async () => (await import("./render-pooler.ts")).renderPooler,
  alerts: async () => (await import("./render-alerts.ts")).renderAlerts,
  dashboard: async () => (await import("./render-dashboard.ts")).renderDashboard,
};

export async function render(context: Context): Promise<number> {
  const [what = ""] = context.operands;
  const load = Object.hasOwn(RENDERED, what) ? RENDERED[what] : undefined;
  if (!load) throw unknown(what);
  return (await load())(context);
}

function unknown(what: string): Refusal {
  const names = Object.keys(RENDERED);
  const near = nearest(what, names);
  const detail = `${near === undefined ? "" : `Did you mean ${near}? `}There are ${names.join(", ")}.`;
  return new Refusal([error("USAGE", `Nothing is rendered that is called ${what}`, { detail })]);
}

/**
 * A user whose line leaves `[users]` keeps the limits of that line until a restart; a line without any takes them away at
 * the next RELOAD. So a line that goes is loaded empty first. https://www.pgbouncer.org/config.html#section-users
 */
import type { Console } from "./console.ts";
import type { PoolerFiles } from "./files.ts";
import { entries, withEntry } from "./ini.ts";
import type { Texts } from "./snapshot.ts";

/** Loads lines without limits for whoever has them, by the file or in force, and is to have no line. */
export async function forgetLimits(
  { console, files }: { readonly console: Console; readonly files: PoolerFiles },
  to: Texts,
  limited: Iterable<string> = [],
): Promise<void> {
  const [there, wanted] = [entries(files.read().ini, "users"), entries(to.ini, "users")];
  const gone = [...new Set([...there.keys(), ...limited])].filter((name) => !wanted.has(name));
  if (gone.length === 0) return;
  files.write({ ...to, ini: gone.reduce((ini, name) => withEntry(ini, "users", name, ""), to.ini) });
  // Whether all of it is in force is seen after the next one.
  await console.say("RELOAD").catch(() => undefined);
}

/** Puts back what the pooler had proved before a run that did not end well; false where nothing was written. */
export async function putBack(means: { readonly console: Console; readonly files: PoolerFiles }): Promise<boolean> {
  const former = means.files.proved();
  if (former) await forgetLimits(means, former);
  return means.files.putBack();
}

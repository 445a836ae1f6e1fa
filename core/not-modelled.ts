import type { Inspection, NotModelled } from "./engine.ts";

/** What no kind describes, by its type. */
export function byType(found: Inspection["notModelled"]): NotModelled[] {
  const types = new Map<string, string[]>();
  for (const { type, name } of found) {
    const names = types.get(type);
    if (names) names.push(name);
    else types.set(type, [name]);
  }
  return [...types].sort().map(([type, names]) => ({ type, count: names.length, names: names.sort() }));
}

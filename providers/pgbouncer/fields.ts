/** What changed fields mean for a configuration, and whether two spellings of a value mean the same. */
import type { FieldChange } from "../../core/engine.ts";
import type { Field } from "../../core/pools/keys.ts";

/** Keys that changed fields go by. */
export function changedKeys(changes: readonly FieldChange[], fields: readonly Field[]): string[] {
  const found = new Set<string>();
  for (const { path, from, to } of changes) {
    const dotted = path.join(".");
    if (path[0] === "settings" || path[0] === "unloaded") {
      const keys = path.length > 1 ? [path[1] as string] : Object.keys({ ...(from as object), ...(to as object) });
      for (const key of keys) found.add(key);
    }
    for (const field of fields) if (field.path === dotted || field.path.startsWith(`${dotted}.`)) found.add(field.key);
  }
  return [...found];
}

/** Words that PgBouncer reads in upper case as well, and shows in lower case. */
const ANY_CASE: ReadonlySet<string> = new Set(["auth_type", "client_tls_sslmode", "pool_mode", "server_tls_sslmode"]);

/** Do two spellings mean the same value? */
export function sameValue(key: string, a: string, b: string): boolean {
  if (a === b) return true;
  if (key === "unix_socket_mode") return mode(a) === mode(b);
  if (ANY_CASE.has(key)) return a.toLowerCase() === b.toLowerCase();
  if (a !== "" && b !== "" && !Number.isNaN(Number(a)) && Number(a) === Number(b)) return true;
  const list = (text: string): string =>
    text
      .split(",")
      .map((word) => word.trim())
      .join();
  return list(a) === list(b);
}

/** Written as octal, shown as decimal. */
function mode(text: string): number {
  return /^0/.test(text) ? Number.parseInt(text, 8) : Number(text);
}

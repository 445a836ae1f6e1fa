import type { PoolUser } from "../../../core/specs.ts";
import { entryText, pairsText } from "../ini.ts";
import type { RenderedPooler } from "./model.ts";

/** `pgbouncer.ini`, with what the userlist must hold as comments: no secret is in it. */
export function iniFile({ name, settings, databases, users, known }: RenderedPooler): string {
  const lines = [
    `; ${name}: made by Datumline`,
    "[databases]",
    ...databases.map(([database, values]) => entryText(database, pairsText(values))),
    ...(users.length > 0 ? ["", "[users]", ...users.map(([user, values]) => entryText(user, pairsText(values)))] : []),
    "",
    "[pgbouncer]",
    ...[...settings].map(([key, value]) => entryText(key, value)),
    "",
    ...userlistHint(known, settings.get("admin_users") ?? ""),
  ];
  return `${lines.join("\n")}\n`;
}

/** What stands in the userlist, and where it comes from. */
function userlistHint(known: readonly PoolUser[], admins: string): string[] {
  return [
    "; The file of auth_file, readable by the pooler alone (0600), a line for each of these:",
    ...admins.split(",").map((admin) => `;   "${admin.trim()}" "…"   the password of the console`),
    ...known.map((user) => `;   "${user.name}" "…"   ${wayOf(user)}`),
  ];
}

function wayOf({ name, from, password, keep }: PoolUser): string {
  if (from !== undefined) return `rolpassword of ${from}: SELECT rolpassword FROM pg_authid WHERE rolname = '${name}'`;
  const [[way, where] = ["", ""]] = Object.entries(password ?? {});
  const what = keep === "clear" ? "the password in clear" : "the password, or its SCRAM verifier";
  return `${what}: ${way} ${typeof where === "string" ? where : JSON.stringify(where)}`;
}

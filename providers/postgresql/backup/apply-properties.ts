/** A copy of a database is made as the original was, and filled; then it is given what belongs to the database itself. */
import { error } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import { join, type Sql, sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { id, lit, number, role } from "../quote.ts";
import { setting, settingValue } from "../settings.ts";
import type { Locale, Privilege, Properties, Setting } from "./properties.ts";

/** What CREATE DATABASE is told: no copy sorts or stores its texts in another way than the original. */
export function creation({ encoding, locale }: Properties, major: number): Sql {
  return sql`ENCODING ${lit(encoding)} LC_COLLATE ${lit(locale.collate)} LC_CTYPE ${lit(locale.ctype)}${provided(locale, major)}`;
}

function provided({ provider, name, rules }: Locale, major: number): Sql {
  // Earlier servers know no other.
  if (major < 15) return sql``;
  const named =
    name === null ? sql`` : provider === "icu" ? sql` ICU_LOCALE ${lit(name)}` : sql` BUILTIN_LOCALE ${lit(name)}`;
  const ruled = rules === null ? sql`` : sql` ICU_RULES ${lit(rules)}`;
  return sql` LOCALE_PROVIDER ${PROVIDERS[provider]}${named}${ruled}`;
}

const PROVIDERS = { libc: sql`libc`, icu: sql`icu`, builtin: sql`builtin` } as const;
const PRIVILEGES = { CREATE: sql`CREATE`, CONNECT: sql`CONNECT`, TEMPORARY: sql`TEMPORARY` } as const;

/** A server that lacks the locale would have to sort otherwise: constraints, indexes and partitions mean something else then. */
export function noLocale({ encoding, locale }: Properties, said: string): Refusal {
  const { provider, collate, ctype, name } = locale;
  const what = [`${provider} ${name ?? collate}`, ...(ctype === collate ? [] : [`ctype ${ctype}`]), encoding].join(
    ", ",
  );
  const detail =
    provider === "libc"
      ? `Install the locale on the machine of the server (\`locale-gen ${collate}\` on Debian and Ubuntu) and start the server anew, or restore onto a server that has it.`
      : "Restore onto a server that was built with that provider, of the same major version or newer.";
  return new Refusal([
    error("RESTORE_REFUSED", `The server cannot make a database like the original (${what}): ${said}`, { detail }),
  ]);
}

type Step = readonly [string, Sql];

/** Gives an empty database its owner: with it come rights that what is restored into it relies on. */
export function applyOwner(
  admin: Client,
  database: string,
  { owner }: Properties,
  tell: (line: string) => void,
): Promise<void> {
  return tried(admin, [[`its owner ${owner}`, sql`ALTER DATABASE ${id(database)} OWNER TO ${id(owner)}`]], tell);
}

/** Gives a database that is filled the rest of what the original had. What cannot be given is told, and a drill sees it. */
export function applyProperties(
  admin: Client,
  database: string,
  properties: Properties,
  tell: (line: string) => void,
): Promise<void> {
  const { owner, privileges, connectionLimit, isTemplate, labels, settings } = properties;
  const on = sql`DATABASE ${id(database)}`;
  const steps: readonly Step[] = [
    ["its privileges", granted(on, owner, privileges)],
    ...labels.map(
      ({ provider, label }): Step => [
        `its label of ${provider}`,
        sql`SECURITY LABEL FOR ${id(provider)} ON ${on} IS ${lit(label)}`,
      ],
    ),
    ...settings.map((one): Step => [`its setting ${nameOf(one)}`, setTo(database, one)]),
    ["its connection limit", sql`ALTER ${on} CONNECTION LIMIT ${number(connectionLimit)}`],
    ...(isTemplate ? [["that it is a template", sql`ALTER ${on} IS_TEMPLATE true`] as const] : []),
  ];
  return tried(admin, steps, tell);
}

async function tried(admin: Client, steps: readonly Step[], tell: (line: string) => void): Promise<void> {
  for (const [what, statement] of steps)
    try {
      await admin.query(statement.text);
    } catch (problem) {
      const { severity, message } = problem as { readonly severity?: string; readonly message: string };
      if (severity === undefined) throw problem;
      tell(`The database comes without ${what}: ${message}.`);
    }
}

/** One text is one transaction: in between nobody may do more than in the original. */
function granted(on: Sql, owner: string, privileges: readonly Privilege[]): Sql {
  const all = privileges.map(
    ({ to, privilege, grantOption }) =>
      sql`GRANT ${PRIVILEGES[privilege]} ON ${on} TO ${role(to)}${grantOption ? sql` WITH GRANT OPTION` : sql``}`,
  );
  return join([sql`REVOKE ALL ON ${on} FROM PUBLIC, ${id(owner)}`, ...all], ";\n");
}

function nameOf({ role: of, setting: text }: Setting): string {
  const name = text.slice(0, text.indexOf("="));
  return of === null ? name : `${name} of ${of}`;
}

function setTo(database: string, { role: of, setting: text }: Setting): Sql {
  const at = text.indexOf("=");
  const [name, value] = [text.slice(0, at), text.slice(at + 1)];
  const target = of === null ? sql`DATABASE ${id(database)}` : sql`ROLE ${id(of)} IN DATABASE ${id(database)}`;
  return sql`ALTER ${target} SET ${setting(name)} TO ${settingValue(name, value)}`;
}

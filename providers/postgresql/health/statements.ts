/**
 * The slowest statements that pg_stat_statements knows, without any value: the extension leaves some in, as in statements
 * that are no queries, so all literals are taken out here. https://www.postgresql.org/docs/current/pgstatstatements.html
 */
import type { Measurement } from "../../../core/health/model.ts";
import { counted } from "../../../core/render/values.ts";
import { expr, type Sql, sql } from "../../../core/sql.ts";
import type { Client } from "../client.ts";
import { tokens } from "../lexer.ts";
import { number, quoteIdent } from "../quote.ts";
import type { Row } from "../snapshot.ts";
import { readTogether } from "./reading.ts";

const SHOWN = 10;
const LONGEST = 200;
const NAME = "statement_mean_seconds";

/** `statement, mean, total, calls, text, since` in the connected database, those that take longest each time first. */
function slowest(schema: Sql): Sql {
  return sql`SELECT queryid, sum(total_exec_time) / sum(calls) / 1000, sum(total_exec_time) / 1000, sum(calls), min(query),
  min(to_jsonb(s) ->> 'stats_since')::timestamptz::date
FROM ${schema}.pg_stat_statements s
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND queryid IS NOT NULL AND calls > 0
GROUP BY queryid ORDER BY 2 DESC LIMIT ${number(SHOWN)}`;
}

/** `schema`: where the extension is, in the server's spelling; null where it is not. */
export async function statements(client: Client, limit: number, schema: string | null): Promise<Measurement[]> {
  if (schema === null) {
    const missing =
      "pg_stat_statements is not installed: add it to `shared_preload_libraries`, restart the server, and CREATE EXTENSION pg_stat_statements.";
    return [{ name: NAME, missing }];
  }
  try {
    const [rows = []] = await readTogether(client, limit, [slowest(expr(schema))]);
    if (rows.length === 0) return [{ name: NAME, missing: "No statement was recorded so far.", yet: true }];
    return rows.flatMap(measurementsOf);
  } catch (problem) {
    const { code, message } = problem as { readonly code?: string; readonly message: string };
    // The connection itself is in trouble, which is not for this measure to tell.
    if (code === undefined) throw problem;
    const next = NEXT[code];
    return [{ name: NAME, missing: `The server says: ${message}.${next === undefined ? "" : ` ${next}`}` }];
  }
}

const NEXT: Readonly<Record<string, string>> = {
  "55000": "Add pg_stat_statements to `shared_preload_libraries` and restart the server.",
  "42703": "The extension is older than the server: ALTER EXTENSION pg_stat_statements UPDATE.",
};

function measurementsOf([statement, mean, total, calls, text, since]: Row): Measurement[] {
  const labels = { statement: `${statement}` };
  const note = `${counted(Number(calls), "call")} ${since ? `since ${since}` : "so far"}: ${withoutValues(text ?? "")}`;
  return [
    { name: NAME, value: Number(mean), labels, note },
    { name: "statement_seconds_total", value: Number(total), labels },
    { name: "statement_calls_total", value: Number(calls), labels },
  ];
}

/** A statement in one line, with `?` for every literal and parameter, and no comments. */
export function withoutValues(text: string): string {
  const words: string[] = [];
  for (const { kind, text: word } of tokens(text)) {
    if (kind === "word" || kind === "sign") words.push(word);
    else if (kind === "name") words.push(quoteIdent(word));
    else if (kind === "text" || kind === "number") words.push("?");
    else if (kind === "open") words.push("…");
  }
  const line = words
    .join(" ")
    .replace(/\$ \?/g, "?")
    .replace(/ (?=[,;).])|(?<=[(.]) | ?(?=::)|(?<=::) |(?<=[<>=!|&#@~-]) (?=[<>=!|&#@~-])/g, "");
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}

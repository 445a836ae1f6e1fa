/**
 * What lasts as long as a session, in functions and views behind pools whose clients share sessions: it is left to whoever
 * comes next, or gone. https://www.pgbouncer.org/features.html#sql-feature-map-for-pooling-modes
 */
import { type Address, readable } from "../core/address.ts";
import type { Finding, Guardrail, Judged } from "../core/guardrail.ts";
import { readsSql, runTexts } from "./bodies.ts";
import { objectsOf } from "./objects.ts";
import { sharedPools } from "./shared-sessions.ts";
import { type Piece, pieces } from "./words.ts";

type Pieces = readonly Piece[];

interface SessionBound {
  /** What it does, after the name of the function. */
  readonly says: string;
  readonly instead: string;
  /** Only where a statement begins. */
  readonly starts?: true;
  readonly is: (all: Pieces, at: number) => boolean;
}

const LOCKS: ReadonlySet<string> = new Set([
  "pg_advisory_lock",
  "pg_advisory_lock_shared",
  "pg_try_advisory_lock",
  "pg_try_advisory_lock_shared",
]);
const TEMPORARY: ReadonlySet<string | undefined> = new Set(["temp", "temporary"]);
const OF_TRANSACTION: ReadonlySet<string | undefined> = new Set(["local", "transaction", "constraints"]);

/** Everything that is told of, once. */
export const SESSION_BOUND: readonly SessionBound[] = [
  {
    says: "takes an advisory lock of the session, which the next client holds and nobody gives back",
    instead: "Take it for the transaction: pg_advisory_xact_lock, pg_try_advisory_xact_lock.",
    is: (all, at) => LOCKS.has(wordAt(all, at) ?? "") && signAt(all, at + 1) === "(",
  },
  {
    says: "listens, and what it hears goes to whichever client has the session by then",
    instead: "LISTEN on a connection past the pooler, as one of `clients` of the DataSource.",
    starts: true,
    is: (all, at) => wordAt(all, at) === "listen" && isName(all[at + 1]),
  },
  {
    says: "makes a temporary table that outlives the transaction, for the next client to find",
    instead: "Say ON COMMIT DROP, or drop it in the same function.",
    starts: true,
    is: (all, at) => makesTemporary(all, at),
  },
  {
    says: "selects into a temporary table that outlives the transaction",
    instead: "CREATE TEMPORARY TABLE … ON COMMIT DROP AS SELECT ….",
    is: (all, at) => intoTemporary(all, at),
  },
  {
    says: "prepares a statement that only the session knows",
    instead: "Run it as it is; plpgsql keeps its plans by itself.",
    starts: true,
    is: (all, at) => wordAt(all, at) === "prepare" && wordAt(all, at + 1) !== "transaction" && isName(all[at + 1]),
  },
  {
    says: "declares a cursor WITH HOLD, which stays in the session",
    instead: "Fetch within the transaction, without WITH HOLD.",
    starts: true,
    is: (all, at) => wordAt(all, at) === "declare" && holds(all, at),
  },
  {
    says: "sets something for the session, which the next client finds",
    instead: "SET LOCAL, or `settings` of the Function or of the Role.",
    starts: true,
    is: (all, at) => wordAt(all, at) === "set" && isName(all[at + 1]) && !OF_TRANSACTION.has(wordAt(all, at + 1)),
  },
  {
    says: "sets something for the session by set_config(…, false), which the next client finds",
    instead: "set_config(…, true) lasts as long as the transaction.",
    is: (all, at) => wordAt(all, at) === "set_config" && isFalse(argumentsOf(all, at + 1)[2] ?? []),
  },
];

export const sessionBehindPooler: Guardrail = {
  code: "SESSION_BEHIND_POOLER",
  pack: "pooling",
  find(judged) {
    const pools = sharedPools(judged);
    if (pools === undefined) return [];
    return written(judged).flatMap(({ address, texts }) => {
      const all = texts.map((text) => [...pieces(text)]);
      return SESSION_BOUND.flatMap(({ says, instead, starts, is }): Finding[] => {
        const found = all.some((of) => of.some((_, at) => (!starts || begins(of, at)) && is(of, at)));
        if (!found) return [];
        return [
          {
            address,
            summary: `${readable(address)} ${says}: clients share sessions in the pool ${pools}`,
            detail: `${instead} Or give whoever calls it a pool by session.`,
          },
        ];
      });
    });
  },
};

/** Texts of the user's that run for clients; what an intent made is its own business. */
function written({ desired }: Judged): { readonly address: Address; readonly texts: readonly string[] }[] {
  const functions = objectsOf("Function", desired).filter(({ spec, intent }) => intent === undefined && readsSql(spec));
  const views = objectsOf("View", desired).filter(({ intent }) => intent === undefined);
  return [
    ...functions.map(({ address, spec }) => ({ address, texts: runTexts(spec.body) })),
    ...views.map(({ address, spec }) => ({ address, texts: [spec.query] })),
  ];
}

function wordAt(all: Pieces, at: number): string | undefined {
  const piece = all[at];
  return piece?.kind === "word" ? piece.text : undefined;
}

function signAt(all: Pieces, at: number): string | undefined {
  const piece = all[at];
  return piece?.kind === "sign" ? piece.text : undefined;
}

function isName(piece: Piece | undefined): boolean {
  return piece?.kind === "word" || piece?.kind === "name";
}

const OPENS: ReadonlySet<string | undefined> = new Set(["begin", "then", "else", "loop", "atomic"]);

/** Is this where a statement begins? */
function begins(all: Pieces, at: number): boolean {
  if (at === 0 || signAt(all, at - 1) === ";" || OPENS.has(wordAt(all, at - 1))) return true;
  // `<<label>>`
  return signAt(all, at - 1) === ">" && signAt(all, at - 2) === ">";
}

/** What follows up to the end of the statement. */
function statement(all: Pieces, at: number): Pieces {
  const end = all.findIndex((_, index) => index > at && signAt(all, index) === ";");
  return all.slice(at, end < 0 ? undefined : end);
}

function makesTemporary(all: Pieces, at: number): boolean {
  if (wordAt(all, at) !== "create") return false;
  const words = statement(all, at);
  const first = ["local", "global"].includes(wordAt(words, 1) ?? "") ? 2 : 1;
  if (!TEMPORARY.has(wordAt(words, first)) || wordAt(words, first + 1) !== "table") return false;
  if (follows(words, ["on", "commit", "drop"])) return false;
  const named = follows(words, ["if", "not", "exists"]) ? first + 5 : first + 2;
  return !dropsLater(all.slice(at + words.length), nameAt(words, named));
}

/** Not `INSERT INTO temp VALUES`, nor a variable of that name, `SELECT … INTO temp FROM`. */
function intoTemporary(all: Pieces, at: number): boolean {
  if (wordAt(all, at) !== "into" || !TEMPORARY.has(wordAt(all, at + 1)) || !isName(all[at + 2])) return false;
  return !["insert", "merge"].includes(wordAt(all, at - 1) ?? "") && wordAt(all, at + 2) !== "from";
}

function follows(all: Pieces, words: readonly string[]): boolean {
  return all.some((_, at) => words.every((word, index) => wordAt(all, at + index) === word));
}

/** The name of a table, its schema left out. */
function nameAt(all: Pieces, at: number): string | undefined {
  return signAt(all, at + 1) === "." ? all[at + 2]?.text : all[at]?.text;
}

function dropsLater(all: Pieces, table: string | undefined): boolean {
  return all.some((_, at) => {
    if (wordAt(all, at) !== "drop" || wordAt(all, at + 1) !== "table") return false;
    return nameAt(all, wordAt(all, at + 2) === "if" ? at + 4 : at + 2) === table;
  });
}

function holds(all: Pieces, at: number): boolean {
  const words = statement(all, at);
  return follows(words, ["cursor", "with", "hold"]);
}

/** Arguments of a call whose bracket opens here, each as its pieces. */
function argumentsOf(all: Pieces, open: number): Pieces[] {
  if (signAt(all, open) !== "(") return [];
  const found: Piece[][] = [[]];
  let depth = 0;
  for (const [at, piece] of all.entries()) {
    if (at < open) continue;
    const sign = signAt(all, at);
    if (sign === "(" || sign === "[") depth += 1;
    if (sign === ")" || sign === "]") depth -= 1;
    if (depth === 0) break;
    if (sign === "," && depth === 1) found.push([]);
    else if (at > open) found.at(-1)?.push(piece);
  }
  return found;
}

function isFalse(argument: Pieces): boolean {
  const [first] = argument;
  return first !== undefined && first.kind !== "sign" && ["false", "f", "off", "no"].includes(first.text);
}

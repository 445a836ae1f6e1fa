/**
 * The options, each once: the same spelling and meaning in every command that takes it. They are read with Node's own
 * parseArgs: a parser with commands of its own takes longer to load than many a command to run.
 */
import { parseArgs } from "node:util";
import { type Diagnostic, error } from "../core/diagnostic.ts";
import { nearest } from "../core/names.ts";
import type { Mode } from "../core/ownership.ts";

interface Option {
  readonly summary: string;
  /** What stands for its value in the help; absent for a flag. */
  readonly value?: string;
  readonly short?: string;
  readonly several?: boolean;
  /** The words that it takes. */
  readonly words?: readonly string[];
  readonly whole?: boolean;
  readonly duration?: boolean;
  readonly moment?: boolean;
  /** Its value where none is given. */
  readonly fallback?: string;
}

const FORMATS = ["text", "markdown", "json", "sql", "html", "csv", "junit", "tap", "prometheus"] as const;

export const OPTIONS = {
  file: {
    short: "f",
    value: "PATH",
    several: true,
    summary: "a file, a folder (recursive; .yaml .yml .json), or -; repeatable",
  },
  app: {
    value: "COMMAND",
    summary: "run a constructs app and take what it declares (default: `app` of cdktf.json when there is no -f)",
  },
  "data-source": { value: "NAME", summary: "one of the declared data sources (default: all)" },
  url: { value: "URL", summary: "connect there instead of where the document says: postgresql://…, or env:NAME" },
  mode: {
    value: "MODE",
    words: ["observe", "additive", "authoritative"],
    summary: "overrides the declared ownership for this run",
  },
  allow: { value: "CODE,…", several: true, summary: "hazards that may be executed, or all" },
  "max-drops": { value: "N", whole: true, summary: "stop above that many dropped objects" },
  "max-revokes": { value: "N", whole: true, summary: "stop above that many privileges taken away" },
  format: { value: "FORMAT", words: FORMATS, summary: "how the result is printed" },
  out: { value: "PATH", summary: "write the plan (JSON), the documents, or the settings, there" },
  for: { value: "WORD", summary: "for which client, or in which form; without it the words are listed" },
  pool: { value: "NAME", summary: "the client goes through this ConnectionPool" },
  user: { value: "ROLE", summary: "the client connects as this role (default: that of the client or the data source)" },
  client: { value: "NAME", summary: "the client under `clients` of the data source, with its user and pool" },
  emit: { value: "FORM", words: ["yaml", "json", "typescript"], summary: "what is written (default: yaml)" },
  as: { value: "ROLE", summary: "what this role can do" },
  to: { value: "OBJECT", summary: "who can do something with this object: sales.customer_dim, or an address" },
  column: { value: "NAME", summary: "only what reaches a column of this name" },
  classification: { value: "CLASS", summary: "only what reaches a column of this class, such as pii" },
  why: { summary: "on which path each comes" },
  only: {
    value: "PATTERN",
    several: true,
    summary: "only proofs of this name: `AccessTest/*`, a title; * stands for any characters; repeatable",
  },
  prove: { summary: "prove what is declared before the change is kept; where it does not hold, nothing is changed" },
  serve: {
    value: "[HOST:PORT]",
    fallback: "127.0.0.1:9187",
    summary: "measure until interrupted, for /metrics, /health.json and /healthz (default: 127.0.0.1:9187)",
  },
  queries: { value: "N", whole: true, summary: "queries that the latency is measured with (default: 20)" },
  interval: { value: "TIME", duration: true, summary: "time between two measurements with --serve: 30s" },
  into: { value: "DATABASE", summary: "the new database that a backup is restored into" },
  "into-directory": { value: "PATH", summary: "the new folder that a whole server is restored into" },
  place: {
    value: "N|PATH|URL",
    summary: "only this place of the schedule: its number under `to`, its path, or s3://BUCKET/PREFIX (default: all)",
  },
  at: {
    value: "MOMENT",
    moment: true,
    summary: "restore the server as it was then: 2026-11-21T15:20:00+01:00, or latest (default: as it was backed up)",
  },
  port: { value: "N", whole: true, summary: "the port of the restored server (default: one that is free)" },
  schema: { value: "NAME", several: true, summary: "restore only this schema; repeatable" },
  table: { value: "SCHEMA.NAME", several: true, summary: "restore only this table; repeatable" },
  globals: { summary: "make roles of the backup that the server lacks, without passwords" },
  overwrite: { summary: "drop the database first, if it is there; say so twice, with --confirm" },
  confirm: { value: "DATABASE", summary: "the database that --overwrite may drop" },
  force: { summary: "replace what an earlier run wrote into the folder" },
  "detailed-exitcode": { summary: "exit 2 when there are changes" },
  yes: { summary: "do not ask" },
  "no-cache": { summary: "read every document anew" },
  verbose: { summary: "show all: intents, places, whole statements, every name" },
  quiet: { summary: "print results, warnings and errors only" },
  "no-color": { summary: "no colours (also: NO_COLOR)" },
  diagnostics: {
    value: "FORM",
    words: ["text", "json"],
    summary: "diagnostics as text, or as one JSON object per line",
  },
  help: { short: "h", summary: "this text" },
} as const satisfies Readonly<Record<string, Option>>;

export type OptionName = keyof typeof OPTIONS;

/** What a run was told. */
export interface Options {
  readonly file: readonly string[];
  readonly app?: string;
  readonly dataSource?: string;
  readonly url?: string;
  readonly mode?: Mode;
  readonly allow: readonly string[];
  readonly maxDrops?: number;
  readonly maxRevokes?: number;
  readonly format?: (typeof FORMATS)[number];
  readonly out?: string;
  readonly emit?: "yaml" | "json" | "typescript";
  readonly as?: string;
  readonly to?: string;
  readonly column?: string;
  readonly classification?: string;
  readonly why: boolean;
  readonly only: readonly string[];
  readonly prove: boolean;
  readonly diagnostics: "text" | "json";
  readonly for?: string;
  readonly pool?: string;
  readonly user?: string;
  readonly client?: string;
  readonly serve?: string;
  readonly interval?: string;
  readonly queries?: number;
  readonly into?: string;
  readonly intoDirectory?: string;
  readonly place?: string;
  readonly at?: string;
  readonly port?: number;
  readonly schema: readonly string[];
  readonly table: readonly string[];
  readonly globals: boolean;
  readonly overwrite: boolean;
  readonly confirm?: string;
  readonly force: boolean;
  readonly detailedExitcode: boolean;
  readonly yes: boolean;
  readonly noCache: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
  readonly noColor: boolean;
  readonly help: boolean;
}

export interface Parsed {
  readonly options: Options;
  readonly operands: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Groups of options that commands share. */
export const COMMON = ["verbose", "quiet", "no-color", "diagnostics", "help"] as const satisfies readonly OptionName[];
/** Options that only some of what `backup` does takes. */
export const BACKUP = [
  "into",
  "into-directory",
  "place",
  "at",
  "port",
  "schema",
  "table",
  "globals",
  "overwrite",
  "confirm",
  "format",
] as const satisfies readonly OptionName[];
export const DECLARING = ["file", "app", "data-source", "no-cache"] as const satisfies readonly OptionName[];

export function parseOptions(args: readonly string[], takes: readonly OptionName[], command: string): Parsed {
  const known: Readonly<Record<string, Option>> = OPTIONS;
  const { tokens } = parseArgs({
    args: withFallbacks(args, known),
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(known).map(([name, { value, short, several }]) => [
        name,
        {
          type: value === undefined ? "boolean" : "string",
          ...(short && { short }),
          ...(several && { multiple: true }),
        },
      ]),
    ),
  });
  const diagnostics: Diagnostic[] = [];
  const given = new Map<string, string[]>();
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") operands.push(token.value);
    if (token.kind !== "option") continue;
    const { name, rawName, value } = token;
    const option = known[name];
    if (!option || !takes.includes(name as OptionName))
      diagnostics.push(unknown(rawName, option !== undefined, takes, command));
    else {
      const fault = faultOf(rawName, option, value);
      if (fault) diagnostics.push(fault);
      else given.set(name, option.several ? [...(given.get(name) ?? []), value as string] : [value ?? "true"]);
    }
  }
  return { options: optionsOf(given), operands, diagnostics };
}

/** An option whose value may be left out stands last, or before another option. */
function withFallbacks(args: readonly string[], known: Readonly<Record<string, Option>>): string[] {
  return args.map((arg, index) => {
    const fallback = arg.startsWith("--") ? known[arg.slice(2)]?.fallback : undefined;
    return fallback !== undefined && (args[index + 1] ?? "-").startsWith("-") ? `${arg}=${fallback}` : arg;
  });
}

function unknown(rawName: string, exists: boolean, takes: readonly OptionName[], command: string): Diagnostic {
  const near = nearest(rawName.replace(/^-+/, ""), takes);
  const summary = exists ? `\`${command}\` takes no ${rawName}` : `There is no option ${rawName}`;
  const detail =
    near === undefined || exists ? `\`datumline ${command} --help\` lists its options.` : `Did you mean --${near}?`;
  return error("USAGE", summary, { detail });
}

/** The value itself is not repeated: it may be a URL with a password in the wrong place. */
function faultOf(rawName: string, option: Option, value: string | undefined): Diagnostic | undefined {
  if (option.value === undefined) return value === undefined ? undefined : error("USAGE", `${rawName} takes no value`);
  if (value === undefined || value === "")
    return error("USAGE", `${rawName} needs a value: ${option.value}`, { detail: `It is ${option.summary}.` });
  if (option.words && !option.words.includes(value)) {
    const near = nearest(value, option.words);
    const detail =
      near === undefined
        ? `It takes ${option.words.join(", ")}.`
        : `Did you mean ${near}? It takes ${option.words.join(", ")}.`;
    return error("USAGE", `${rawName} does not take this value`, { detail });
  }
  if (option.whole && !/^\d+$/.test(value))
    return error("USAGE", `${rawName} takes a whole number`, { detail: "0 stops at the first." });
  if (option.duration && !/^\d+(ms|s|min|h|d)$/.test(value))
    return error("USAGE", `${rawName} takes a time`, { detail: "It reads 500ms, 30s, 5min or 2h." });
  if (option.moment && value !== "latest" && !isMoment(value))
    return error("USAGE", `${rawName} takes a moment with its time zone`, {
      detail: "It reads 2026-11-21T15:20:00+01:00, 2026-11-21T14:20:00Z, or latest.",
    });
  return undefined;
}

function isMoment(text: string): boolean {
  const form = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$/;
  return form.test(text) && !Number.isNaN(Date.parse(text));
}

function optionsOf(given: ReadonlyMap<string, readonly string[]>): Options {
  const has = (name: OptionName): boolean => given.has(name);
  const text = (name: OptionName): string | undefined => given.get(name)?.at(-1);
  const whole = (name: OptionName): number | undefined => (has(name) ? Number(text(name)) : undefined);
  const values = {
    app: text("app"),
    dataSource: text("data-source"),
    url: text("url"),
    mode: text("mode"),
    maxDrops: whole("max-drops"),
    maxRevokes: whole("max-revokes"),
    queries: whole("queries"),
    format: text("format"),
    out: text("out"),
    emit: text("emit"),
    as: text("as"),
    to: text("to"),
    column: text("column"),
    classification: text("classification"),
    for: text("for"),
    into: text("into"),
    intoDirectory: text("into-directory"),
    place: text("place"),
    at: text("at"),
    port: whole("port"),
    confirm: text("confirm"),
    pool: text("pool"),
    user: text("user"),
    client: text("client"),
    serve: text("serve"),
    interval: text("interval"),
  };
  return {
    ...(Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<Options>),
    file: given.get("file") ?? [],
    allow: given.get("allow") ?? [],
    diagnostics: text("diagnostics") === "json" ? "json" : "text",
    why: has("why"),
    only: given.get("only") ?? [],
    prove: has("prove"),
    schema: given.get("schema") ?? [],
    table: given.get("table") ?? [],
    globals: has("globals"),
    overwrite: has("overwrite"),
    force: has("force"),
    detailedExitcode: has("detailed-exitcode"),
    yes: has("yes"),
    noCache: has("no-cache"),
    verbose: has("verbose"),
    quiet: has("quiet"),
    noColor: has("no-color"),
    help: has("help"),
  };
}

/** The commands: what each takes, an example, and the file that does it, loaded only when it is run. */
import type { PlanFormat } from "../core/render/plan.ts";
import type { Context } from "./context.ts";
import { BACKUP, COMMON, DECLARING, type OptionName, type Options } from "./options.ts";

export interface Command {
  readonly summary: string;
  /** What follows its name. */
  readonly usage: string;
  readonly options: readonly OptionName[];
  /** Least and most operands. */
  readonly operands?: readonly [number, number];
  /** Words that `--format` takes here; all where absent. */
  readonly formats?: readonly string[];
  readonly example: string;
  /** What its exit code says, where that is more than what it says of every command. */
  readonly exitCodes?: string;
  /** Does it run until it is interrupted, which then is no failure? */
  readonly serves?: (options: Options) => boolean;
  /** Does it end by itself once it is interrupted, having put away what it had begun? */
  readonly tidies?: true;
  readonly load: () => Promise<(context: Context) => Promise<number>>;
}

const PLAN_FORMATS = ["text", "markdown", "json", "sql", "html"] as const satisfies readonly PlanFormat[];

export const COMMANDS: Readonly<Record<string, Command>> = {
  check: {
    summary: "offline: documents, references, policies",
    usage: "-f PATH",
    options: [...DECLARING, "url", ...COMMON],
    example: "datumline check -f warehouse/",
    load: async () => (await import("./check.ts")).check,
  },
  connect: {
    summary: "test a connection step by step",
    usage: "-f PATH | --url URL",
    options: [...DECLARING, "url", "queries", "format", ...COMMON],
    formats: ["text", "json"],
    exitCodes: "0 every data source can be worked with · 1 a step failed",
    example: "datumline connect --url env:DATABASE_URL\n  datumline connect -f warehouse/ --format json",
    load: async () => (await import("./connect.ts")).connect,
  },
  inspect: {
    summary: "write documents that declare what is there",
    usage: "--url URL --out DIR",
    options: [...DECLARING, "url", "out", "emit", "force", ...COMMON],
    example: "datumline inspect --url env:DATABASE_URL --out warehouse/",
    load: async () => (await import("./inspect.ts")).inspect,
  },
  plan: {
    summary: "what would change, for whom, how dangerously",
    usage: "-f PATH",
    options: [
      ...DECLARING,
      "url",
      "mode",
      "allow",
      "max-drops",
      "max-revokes",
      "format",
      "out",
      "detailed-exitcode",
      ...COMMON,
    ],
    formats: PLAN_FORMATS,
    example: "datumline plan -f warehouse/ --out plan.json",
    load: async () => (await import("./plan.ts")).plan,
  },
  apply: {
    summary: "make it so, whole or not at all, and look again",
    usage: "-f PATH | PLAN.json",
    options: [
      ...DECLARING,
      "url",
      "mode",
      "allow",
      "max-drops",
      "max-revokes",
      "format",
      "out",
      "yes",
      "prove",
      ...COMMON,
    ],
    operands: [0, 1],
    formats: PLAN_FORMATS,
    example: "datumline apply plan.json --yes --allow WIDENS_ACCESS",
    load: async () => (await import("./apply.ts")).apply,
  },
  show: {
    summary: "a plan file in another form",
    usage: "PLAN.json",
    options: ["format", ...COMMON],
    operands: [1, 1],
    formats: PLAN_FORMATS,
    example: "datumline show plan.json --format markdown",
    load: async () => (await import("./show.ts")).show,
  },
  drift: {
    summary: "what differs in the live system from what was last applied",
    usage: "-f PATH | --url URL",
    options: [...DECLARING, "url", "mode", "format", ...COMMON],
    formats: ["text", "markdown", "json"],
    example: "datumline drift -f warehouse/",
    load: async () => (await import("./drift.ts")).drift,
  },
  test: {
    summary: "access proofs and quality checks, against the live system",
    usage: "-f PATH",
    options: [...DECLARING, "url", "only", "format", ...COMMON],
    formats: ["text", "json", "junit", "tap", "markdown"],
    example:
      "datumline test -f warehouse/\n  datumline test -f warehouse/ --only 'DefaultDeny/*' --format junit > proofs.xml",
    load: async () => (await import("./test.ts")).test,
  },
  access: {
    summary: "who can do what, through which path; of a live system also what is open, and what would close it",
    usage: "-f PATH | --url URL",
    options: [...DECLARING, "url", "as", "to", "column", "classification", "why", "format", "out", "force", ...COMMON],
    formats: ["text", "markdown", "json", "csv", "html"],
    example:
      "datumline access --url env:DATABASE_URL --as analyst --why\n  datumline access --url env:DATABASE_URL --out closing/\n  datumline access -f warehouse/ --to sales.customer_dim",
    load: async () => (await import("./access.ts")).access,
  },
  health: {
    summary: "how the data sources are: status and score from thresholds, once or served to Prometheus",
    usage: "-f PATH | --url URL [--serve]",
    options: [...DECLARING, "url", "format", "serve", "interval", ...COMMON],
    formats: ["text", "json", "markdown", "prometheus"],
    exitCodes: "0 all healthy · 2 something is warning or critical · 1 error",
    serves: ({ serve }) => serve !== undefined,
    example:
      "datumline health -f warehouse/\n  datumline health -f warehouse/ --serve 127.0.0.1:9187 --interval 30s\n  datumline health --url env:DATABASE_URL --format json",
    load: async () => (await import("./health.ts")).health,
  },
  render: {
    summary: "files for other programs, from the declaration: settings of clients, poolers, alerts, dashboard",
    usage: "client --for CLIENT | pooler --for FORM | alerts | dashboard -f PATH",
    options: [...DECLARING, "url", "for", "pool", "user", "client", "out", ...COMMON],
    operands: [1, 1],
    example:
      "datumline render client -f warehouse/ --for sqlalchemy --user bi_reader --out database.py\n  datumline render client -f warehouse/ --for django --pool app\n  datumline render pooler -f warehouse/ --for systemd\n  datumline render alerts -f warehouse/ > datumline.rules.yaml\n  datumline render dashboard -f warehouse/ > dashboard.json",
    load: async () => (await import("./render.ts")).render,
  },
  backup: {
    summary: "backups as declared: run, list, verify, restore, drill, prune; a runbook for who is on call",
    usage: "run | list | verify | restore | drill | prune | runbook [SCHEDULE|DRILL] [BACKUP] -f PATH",
    options: [...DECLARING, "url", ...BACKUP, "yes", ...COMMON],
    operands: [1, 3],
    formats: ["text", "json"],
    exitCodes: "0 done, all as it should be · 2 a backup is overdue (`list`) or damaged (`verify`) · 1 error",
    example:
      "datumline backup run nightly -f warehouse/\n  datumline backup list -f warehouse/\n  datumline backup restore nightly -f warehouse/ --into warehouse_restored\n  datumline backup drill -f warehouse/",
    tidies: true,
    load: async () => (await import("./backup.ts")).backup,
  },
  explain: {
    summary: "a code of a diagnostic or hazard; why an object is planned as it is",
    usage: "CODE | ADDRESS -f PATH",
    options: [...DECLARING, "url", "mode", ...COMMON],
    operands: [1, 2],
    example: "datumline explain LOOKS_LIKE_RENAME\n  datumline explain Table/sales.customer_dim -f warehouse/",
    load: async () => (await import("./explain.ts")).explain,
  },
  schema: {
    summary: "the JSON Schema of all documents, or of one kind",
    usage: "[KIND]",
    options: COMMON,
    operands: [0, 1],
    example: "datumline schema > datumline.schema.json",
    load: async () => (await import("./schema.ts")).schema,
  },
  version: {
    summary: "the version of Datumline",
    usage: "",
    options: COMMON,
    example: "datumline version",
    load: async () => (await import("./version.ts")).version,
  },
};

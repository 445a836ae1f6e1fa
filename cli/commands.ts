/** The commands: what each takes, an example, and the file that does it, loaded only when it is run. */
import type { PlanFormat } from "../core/render/plan.ts";
import type { Context } from "./context.ts";
import { COMMON, DECLARING, type OptionName } from "./options.ts";

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
    options: [...DECLARING, "url", "format", ...COMMON],
    formats: ["text", "json"],
    example: "datumline connect --url env:DATABASE_URL",
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
    summary: "who can do what, through which path",
    usage: "-f PATH | --url URL",
    options: [...DECLARING, "url", "as", "to", "column", "classification", "why", "format", ...COMMON],
    formats: ["text", "markdown", "json", "csv", "html"],
    example:
      "datumline access --url env:DATABASE_URL --as analyst --why\n  datumline access -f warehouse/ --to sales.customer_dim",
    load: async () => (await import("./access.ts")).access,
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

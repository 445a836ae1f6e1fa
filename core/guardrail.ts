/** Guardrails: what is allowed and yet unwise, told of what is declared, of what is there and of what a plan would do. */
import type { Address } from "./address.ts";
import type { Catalog } from "./catalog.ts";
import type { Code } from "./codes.ts";
import type { Diagnostic, Severity } from "./diagnostic.ts";
import type { Inspection } from "./engine.ts";
import type { Estate } from "./estate.ts";
import type { Plan } from "./plan.ts";
import type { DataSource } from "./specs.ts";

/** What guardrails look at. */
export interface Judged {
  readonly source: DataSource;
  /** What is declared, intents and policies included. */
  readonly declared: Catalog;
  /** All that is declared with it; absent where it stands alone. */
  readonly estate?: Estate;
  /** What it becomes on the engine. */
  readonly desired: Catalog;
  /** What is there and the plan leaves; empty where nothing was connected to. */
  readonly live: Catalog;
  /** What was told of it already, which policies govern as well. */
  readonly told: readonly Diagnostic[];
  /** Absent where nothing was connected to. */
  readonly inspection?: Inspection;
  /** Absent where nothing was connected to. */
  readonly plan?: Plan;
  /** Folder that the places of documents are told from; the current one where absent. */
  readonly cwd?: string;
}

/** One thing that a rule found. Where it stands follows from its address, unless `origin` says otherwise. */
export interface Finding extends Omit<Diagnostic, "severity" | "code" | "rule" | "address"> {
  readonly address: Address;
}

/** One rule. Pure: equal input, equal findings. */
export interface Guardrail {
  /** Names the rule and all that it finds. */
  readonly code: Code;
  /** Rules that are switched together. */
  readonly pack: string;
  /** How much it counts where no Policy says otherwise. @default "warning" */
  readonly severity?: Severity;
  find(judged: Judged): readonly Finding[];
}

/**
 * All that is to be told: what was told already and what rules find, built in and declared, with the severities and
 * exceptions of the declaration.
 */
export type Judge = (judged: Judged) => Promise<readonly Diagnostic[]>;

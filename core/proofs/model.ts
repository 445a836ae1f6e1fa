/**
 * What the live system must show, as plain data. A proof says it in no engine's words; an engine tries it and tells what
 * it saw; `judge.ts` decides. What could not be shown is not proved, which is as bad as refuted.
 */
import type { Address } from "../address.ts";
import type { Origin } from "../diagnostic.ts";
import type { AccessTest, QualityCheck } from "../specs.ts";

export interface Proof {
  /** The kind that declares it, or the rule that it follows from: `AccessTest`, `DefaultDeny`. */
  readonly rule: string;
  /** Tells it apart among those of its rule. */
  readonly name: string;
  /** What it says, in a few words. */
  readonly says?: string;
  /** Object that declares it, or that it follows from. */
  readonly address: Address;
  readonly origin?: Origin;
  readonly severity: "error" | "warning";
  readonly claim: Claim;
}

export type Claim = AccessClaim | ReadsOnlyClaim | NobodysClaim | QualityClaim;

export type PlantedRow = NonNullable<AccessTest["plant"]>[number];

/** What a role sees or may do. */
export interface AccessClaim
  extends Pick<AccessTest, "as" | "settings" | "on" | "query" | "columns" | "where" | "values" | "allowEmpty" | "url"> {
  readonly sort: "access";
  readonly command: NonNullable<AccessTest["command"]>;
  /** What is there before it acts. */
  readonly plant?: readonly Planting[];
  /** Privileges on `on` that it is given for as long as the proof takes, so that rows alone are in question. */
  readonly granted?: readonly string[];
  readonly timeout: string;
  readonly expect: AccessTest["expect"] & {
    /** Columns of which no planted value is seen in clear. */
    readonly hides?: readonly string[];
  };
}

/** Rows of one table; what they leave out is made up. */
export interface Planting {
  readonly into: string;
  readonly rows: readonly PlantedRow[];
  /** Columns that hold the name of the role that acts. */
  readonly actor?: readonly string[];
  /** One of the rows is enough: they differ to meet conditions that nobody has read. */
  readonly any?: true;
}

/** A role that writes to none of these tables and views. */
export interface ReadsOnlyClaim {
  readonly sort: "reads only";
  readonly as: string;
  readonly objects: readonly string[];
}

/** A role that is nobody's own: its rights are had only by who takes it on, which only some may. */
export interface NobodysClaim {
  readonly sort: "nobody's";
  readonly role: string;
  /** Roles that may take it on, and whoever has their rights. */
  readonly for: readonly string[];
}

export interface QualityClaim {
  readonly sort: "quality";
  readonly check: QualityCheck;
}

/** Some rows, shown to people: nothing of a classified column is in it. */
export interface Sample {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

export interface ProofResult {
  readonly proof: Proof;
  readonly outcome: "held" | "failed" | "not proved";
  /** Why it did not hold, a line each. */
  readonly reasons: readonly string[];
  /** What was looked at: `40 rows`. */
  readonly seen?: string;
  readonly sample?: Sample;
  readonly milliseconds: number;
}

/** What trying a proof came to. */
export type Verdict = Omit<ProofResult, "proof" | "milliseconds">;

export function held(seen?: string): Verdict {
  return { outcome: "held", reasons: [], ...(seen !== undefined && { seen }) };
}

export function failed(...reasons: readonly string[]): Verdict {
  return { outcome: "failed", reasons };
}

export function notProved(...reasons: readonly string[]): Verdict {
  return { outcome: "not proved", reasons };
}

/** A way around row and column security that is known, and what comes of it here. */
import type { Code } from "../../../core/codes.ts";

interface Tried {
  /** As the documentation names it. */
  readonly way: string;
  /** What keeps it out, or what it shows: a sentence or two. */
  readonly why: string;
  /** SQL of a superuser before anything is declared. */
  readonly before?: string;
  /** Documents that it needs beside those of the estate. */
  readonly declare?: string;
  /** SQL of a superuser once the documents are applied: rows, and what others do by hand. */
  readonly prepare?: string;
  /** Who logs in and runs it. */
  readonly as: string;
  readonly run: string;
  /** Settings that the connection starts with, as in PGOPTIONS. */
  readonly options?: string;
  /** What comes back: rows, notices, the error, how many rows were written. */
  readonly gets: RegExp;
  /** First major version that has it. */
  readonly since?: number;
}

/** What comes back holds nothing that it should not. */
interface Blocked extends Tried {
  readonly outcome: "blocked";
}

/** It succeeds, and the plan tells of it. */
interface Reported extends Tried {
  readonly outcome: "reported";
  readonly code: Code;
  /** Stands in what the plan says: the role, the object. */
  readonly names: string;
  /** Documents that would make the hole and are refused for it, so that `prepare` makes it by hand. */
  readonly refused?: string;
}

export type Attack = Blocked | Reported;

/** Attacks of one sort, under a heading. */
export interface Family {
  readonly title: string;
  readonly attacks: readonly Attack[];
}

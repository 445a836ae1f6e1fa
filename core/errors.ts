import type { Address } from "./address.ts";
import type { Diagnostic, Origin } from "./diagnostic.ts";

/** What the user can mend, thrown once all of it is known. */
export class Refusal extends Error {
  readonly diagnostics: readonly Diagnostic[];
  /** Exit code: 1 for bad input, 2 for a proof that does not hold, 3 for a guardrail. */
  readonly exitCode: 1 | 2 | 3;

  constructor(diagnostics: readonly Diagnostic[], exitCode: 1 | 2 | 3 = 1) {
    super(diagnostics.map((diagnostic) => diagnostic.summary).join("\n"));
    this.name = "Refusal";
    this.diagnostics = diagnostics;
    this.exitCode = exitCode;
  }
}

/** A statement that the engine refused. */
export class StatementError extends Error {
  /** The engine's own code: an SQLSTATE, an error number. */
  readonly engineCode: string | undefined;
  readonly statement: string | undefined;
  readonly address: Address | undefined;
  readonly hint: string | undefined;
  /** Where the object is declared. */
  readonly origin: Origin | undefined;
  /** What had been committed before it, in order. */
  readonly applied: readonly Address[];

  constructor(
    message: string,
    details: {
      engineCode?: string;
      statement?: string;
      address?: Address;
      hint?: string;
      origin?: Origin;
      applied?: readonly Address[];
      cause?: unknown;
    },
  ) {
    super(message, { cause: details.cause });
    this.name = "StatementError";
    this.engineCode = details.engineCode;
    this.statement = details.statement;
    this.address = details.address;
    this.hint = details.hint;
    this.origin = details.origin;
    this.applied = details.applied ?? [];
  }

  /** The same failure, of an object that is declared there, after these had been committed. */
  told(origin: Origin | undefined, applied: readonly Address[]): StatementError {
    return this.#with({ ...(origin && { origin }), applied });
  }

  /** The same failure, with more to say of what is so now. */
  hinting(more: string): StatementError {
    return this.#with({ hint: [this.hint, more].filter(Boolean).join(" ") });
  }

  #with(more: ConstructorParameters<typeof StatementError>[1]): StatementError {
    const { engineCode, statement, address, hint, origin, applied } = this;
    return new StatementError(this.message, {
      ...(engineCode !== undefined && { engineCode }),
      ...(statement !== undefined && { statement }),
      ...(address !== undefined && { address }),
      ...(hint !== undefined && { hint }),
      ...(origin && { origin }),
      applied,
      cause: this.cause,
      ...more,
    });
  }
}

/** What was thrown, as the user is to read it. */
import { readable } from "../address.ts";
import { type Diagnostic, error } from "../diagnostic.ts";
import { Refusal, StatementError } from "../errors.ts";

export interface Failure {
  readonly diagnostics: readonly Diagnostic[];
  readonly exitCode: number;
}

export function failure(problem: unknown): Failure {
  if (problem instanceof Refusal) return { diagnostics: problem.diagnostics, exitCode: problem.exitCode };
  if (problem instanceof StatementError) return { diagnostics: [statementFailed(problem)], exitCode: 1 };
  return { diagnostics: [internal(problem)], exitCode: 1 };
}

const SHOWN_STATEMENT = 2000;

function statementFailed(problem: StatementError): Diagnostic {
  const { engineCode, statement, hint, applied, address, origin } = problem;
  const kept =
    applied.length === 0
      ? "Nothing of this run was kept: what ran before it was undone. Mend what is declared, or the data, and plan again."
      : `Committed before it, because a statement that no transaction can hold came between: ${applied.map(readable).join(", ")}. Plan again to see what is left.`;
  const lines = [
    ...(engineCode ? [`The engine's code is ${engineCode}.`] : []),
    ...(hint ? [`Hint of the engine: ${hint}`] : []),
    kept,
    ...(statement ? ["The statement:", shortened(statement)] : []),
  ];
  return error("STATEMENT_FAILED", problem.message, {
    detail: lines.join("\n"),
    ...(address && { address }),
    ...(origin && { origin }),
  });
}

function shortened(statement: string): string {
  return statement.length <= SHOWN_STATEMENT ? statement : `${statement.slice(0, SHOWN_STATEMENT)}…`;
}

/** Codes of a connection that broke while it was used; those of making it are told by the engine. */
const BROKEN = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "57P01", "57P02", "57P03", "08006", "08003"]);

function internal(problem: unknown): Diagnostic {
  const { code, message = String(problem) } = (problem ?? {}) as { readonly code?: string; readonly message?: string };
  if ((code !== undefined && BROKEN.has(code)) || /^Connection terminated/.test(message)) {
    return error("CONNECTION_FAILED", `The connection broke: ${message}`, {
      detail: "Run again; nothing that was not committed is kept.",
    });
  }
  if (code === "55P03") {
    return error("STATEMENT_FAILED", message, {
      detail: "Somebody else holds a lock that is needed. Run again later, or raise `connection.lockTimeout`.",
    });
  }
  return error("INTERNAL", message, {
    detail: `This is a fault of Datumline${code ? ` (${code})` : ""}. Please report it with what you ran; DATUMLINE_DEBUG=1 shows where it happened.`,
  });
}

/** A plan as a script: the statements in the order in which they run, in the same transactions. */
import { readable } from "../address.ts";
import { inOrder, type Plan, type PlannedStatement, type Step } from "../plan.ts";
import { accessLines, affected, outcome, shownSql, targetLine } from "./summary.ts";

export interface SqlOptions {
  /** Whether the engine can undo several statements together. @default true */
  readonly transactions?: boolean;
}

export function planSql(plan: Plan, { transactions = true }: SqlOptions = {}): string {
  const lines = [
    comment(`Datumline plan of ${plan.dataSource}: ${targetLine(plan)}`),
    comment(outcome(plan)),
    ...accessLines(plan, true).lines.map((line) => comment(`access: ${line}`)),
    ...(plan.steps.some((step) => step.statements.some((statement) => statement.secrets))
      ? [
          comment(
            "Secrets are not in here: statements that need one have a comment in its place and do not run as they are.",
          ),
        ]
      : []),
  ];
  let open = false;
  let last: Step | undefined;
  for (const { step, statement } of inOrder(plan)) {
    const undoable = transactions && statement.transactional !== false;
    if (open !== undoable) lines.push("", open ? "COMMIT;" : "BEGIN;");
    if (statement.transactional === false)
      lines.push("", comment("Outside any transaction: not undone if a later statement fails."));
    open = undoable;
    if (step !== last) lines.push("", comment(`${step.action} ${readable(step.address)}`));
    last = step;
    lines.push(...statementLines(statement));
  }
  if (open) lines.push("", "COMMIT;");
  return `${lines.join("\n").replace(/\n{3,}/g, "\n\n")}\n`;
}

function statementLines(statement: PlannedStatement): string[] {
  const hazards = (statement.hazards ?? []).map((hazard) => {
    const affects = affected(hazard);
    return comment(`${hazard.code}: ${hazard.message}${affects ? ` (${affects})` : ""}`);
  });
  const enter = statement.enter === undefined ? [] : [terminated(statement.enter)];
  const text = shownSql(statement);
  return [...hazards, ...enter, ...(statement.plain ? text.split("\n").map(comment) : [terminated(text)])];
}

/** A text may end in a comment of its own, which would swallow a semicolon on its line. */
function terminated(sql: string): string {
  const lastLine = sql.slice(sql.lastIndexOf("\n") + 1);
  return lastLine.includes("--") ? `${sql}\n;` : `${sql};`;
}

/** A name may hold a line break, behind which it would no longer be a comment. */
function comment(text: string): string {
  return `-- ${text.replace(/[\r\n\u2028\u2029]+/g, " ")}`;
}

export function plansSql(plans: readonly Plan[], options: SqlOptions = {}): string {
  return plans.map((plan) => planSql(plan, options)).join("\n");
}

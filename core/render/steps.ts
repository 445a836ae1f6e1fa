/** Steps that somebody follows one after the other, each with what is to be typed. */
import type { Sql } from "../sql.ts";
import { cell, fenced, prose } from "./escape.ts";

export interface Step {
  readonly title: string;
  /** Our own sentences; what stands between backticks is code. */
  readonly says: string;
  readonly commands?: readonly (readonly [language: string, text: string])[];
}

/** As a numbered list. */
export function numbered(steps: readonly Step[]): string {
  return steps
    .map(({ title, says, commands = [] }, at) => {
      const blocks = commands.map(([language, text]) => `\n\n${fenced(text, language)}`);
      const number = `${at + 1}. `;
      // What belongs to a step is indented under it.
      const indented = `\n${" ".repeat(number.length)}`;
      return `${number}**${cell(title)}** ${prose(says)}${blocks.join("")}`.replaceAll(/\n(?=.)/g, indented);
    })
    .join("\n");
}

/** What is typed at a shell, a line each. */
export const atShell = (...lines: readonly string[]) => ["console", lines.join("\n")] as const;
/** What is typed at a database. */
export const atDatabase = (text: Sql) => ["sql", text.text] as const;

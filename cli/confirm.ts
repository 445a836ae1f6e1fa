import { createInterface } from "node:readline/promises";
import { error } from "../core/diagnostic.ts";
import { Refusal } from "../core/errors.ts";
import type { Context } from "./context.ts";

/** What is said where nobody agreed. */
const PLANNED = { summary: "Nothing was applied", first: "Review the plan" };

/** Asks on a terminal; refuses where there is none to ask on. */
export async function confirm({ options, io }: Context, question: string, nothing = PLANNED): Promise<void> {
  if (options.yes) return;
  if (!io.stdin.isTTY || !io.stderr.isTerminal) {
    throw new Refusal(
      [
        error("NOT_CONFIRMED", `${nothing.summary}: there is no terminal to ask on`, {
          detail: `${nothing.first} and run again with \`--yes\`.`,
        }),
      ],
      3,
    );
  }
  io.stderr.write(`${question} (yes/no) `);
  const lines = createInterface({ input: io.stdin });
  // The input may end without an answer.
  const answer = await new Promise<string>((done) => {
    lines.once("line", done);
    lines.once("close", () => done(""));
  });
  lines.close();
  if (/^y(es)?$/i.test(answer.trim())) return;
  throw new Refusal([error("NOT_CONFIRMED", nothing.summary, { detail: "The answer was not yes." })], 3);
}

/** From arguments to an exit code: finds the command, runs it, and turns whatever is thrown into diagnostics. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Diagnostic, error } from "../core/diagnostic.ts";
import { failure } from "../core/doors/failure.ts";
import { nearest } from "../core/names.ts";
import { Secrets } from "../core/secret.ts";
import { STORES } from "../providers/secrets/index.ts";
import { COMMANDS, type Command } from "./commands.ts";
import { commandHelp, generalHelp } from "./help.ts";
import type { Io } from "./io.ts";
import { parseOptions } from "./options.ts";
import { Output } from "./output.ts";

/** Milliseconds that whoever interrupts a run waits for it to tidy up. */
const PATIENCE = 4000;

export async function run(args: readonly string[], io: Io): Promise<number> {
  const [name = "help", ...rest] = args;
  const { env } = io;
  const secrets = new Secrets({ env, cwd: io.cwd, stores: STORES });
  const outputFor = (diagnostics: "text" | "json", quiet: boolean, noColor: boolean): Output =>
    new Output(io, {
      colour: !noColor && !env.NO_COLOR && env.TERM !== "dumb",
      quiet,
      diagnostics,
      redact: (text) => secrets.redact(text),
    });
  if (name === "help" || name === "--help" || name === "-h") {
    const asked = rest[0] === undefined ? undefined : COMMANDS[rest[0]];
    outputFor("text", false, false).result(asked ? commandHelp(rest[0] as string, asked) : generalHelp());
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    outputFor("text", false, false).diagnostics([unknownCommand(name)]);
    return 1;
  }
  const { options, operands, diagnostics } = parseOptions(rest, command.options, name);
  const output = outputFor(options.diagnostics, options.quiet, options.noColor);
  if (options.help) {
    output.result(commandHelp(name, command));
    return 0;
  }
  const faults = [
    ...diagnostics,
    // A word behind an option that does not exist may have been meant as its value.
    ...(diagnostics.length > 0 ? [] : operandFaults(name, command, operands)),
    ...formatFaults(name, command, options.format),
  ];
  if (faults.length > 0) {
    output.diagnostics(faults);
    return 1;
  }
  try {
    const start = await command.load();
    const interrupted = io.interrupted.then(() => "interrupted" as const);
    const leaving = new Set<() => Promise<void>>();
    const running = start({ options, operands, io, output, secrets, leaving });
    const ended = await (command.serves?.(options) ? running : Promise.race([running, interrupted]));
    if (ended !== "interrupted") return ended;
    // What it says of having been interrupted is said here.
    await Promise.race([Promise.allSettled([...leaving].map((leave) => leave())), sleep(PATIENCE)]);
    if (command.tidies) await Promise.race([running.catch(() => undefined), sleep(PATIENCE)]);
    const detail =
      "What had not been kept is undone by the engine where it can undo it; plan again to see what is there.";
    output.diagnostics([error("INTERRUPTED", "Interrupted", { detail })]);
    return 130;
  } catch (problem) {
    const { diagnostics: found, exitCode } = failure(problem);
    output.diagnostics(found);
    if (env.DATUMLINE_DEBUG && problem instanceof Error) output.passOn(`${stackOf(problem)}\n`);
    return exitCode;
  }
}

function stackOf(problem: Error): string {
  const cause = problem.cause instanceof Error ? `\ncaused by ${stackOf(problem.cause)}` : "";
  return `${problem.stack ?? problem.message}${cause}`;
}

function unknownCommand(name: string): Diagnostic {
  if (name.startsWith("-"))
    return error("USAGE", `There is no option ${name} before a command`, {
      detail: "`datumline help` lists the commands.",
    });
  const near = nearest(name, Object.keys(COMMANDS));
  return error("USAGE", `There is no command ${name}`, {
    detail: near === undefined ? "`datumline help` lists the commands." : `Did you mean ${near}?`,
  });
}

function operandFaults(
  name: string,
  { operands: [least, most] = [0, 0], usage }: Command,
  given: readonly string[],
): Diagnostic[] {
  const detail = `Usage: datumline ${name} ${usage}`;
  if (given.length < least) return [error("USAGE", `\`${name}\` needs more than that`, { detail })];
  if (given.length > most)
    return [
      error(
        "USAGE",
        `\`${name}\` takes ${most === 0 ? "no operand" : `at most ${most}`}, and ${given.length} were given`,
        { detail },
      ),
    ];
  return [];
}

function formatFaults(name: string, { formats }: Command, format: string | undefined): Diagnostic[] {
  if (format === undefined || !formats || formats.includes(format)) return [];
  return [error("USAGE", `\`${name}\` has no format ${format}`, { detail: `It has ${formats.join(", ")}.` })];
}

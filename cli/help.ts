import { COMMANDS, type Command } from "./commands.ts";
import { OPTIONS } from "./options.ts";

export function generalHelp(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length)) + 2;
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}${summary}`);
  return `Data sources as code: declare them, see what would change, make it so.

Usage: datumline COMMAND [OPTIONS]

Commands:
${lines.join("\n")}

\`datumline COMMAND --help\` says more of each, with an example.
Exit codes: 0 done or nothing to change · 1 error · 2 changes or drift · 3 refused by a guardrail
`;
}

export function commandHelp(name: string, command: Command): string {
  const options = command.options.map((option) => {
    const { summary, value, short, words } = OPTIONS[option] as {
      summary: string;
      value?: string;
      short?: string;
      words?: readonly string[];
    };
    const taken = option === "format" && command.formats ? command.formats : words;
    const flags = `${short ? `-${short}, ` : "    "}--${option}${value ? ` ${value}` : ""}`;
    return [flags, `${summary}${taken ? `: ${taken.join(", ")}` : ""}`] as const;
  });
  const width = Math.max(...options.map(([flags]) => flags.length)) + 2;
  return `datumline ${name}: ${command.summary}

Usage: datumline ${name} ${command.usage}

Options:
${options.map(([flags, summary]) => `  ${flags.padEnd(width)}${summary}`).join("\n")}
${command.exitCodes === undefined ? "" : `\nExit codes: ${command.exitCodes}\n`}
Example:
  ${command.example}
`;
}

/**
 * A file of cron.d. It runs by the clock of the host. What cron itself makes of a line, before a shell sees any of it: a line
 * break ends it; `%` ends the command, and the rest would be its input; a backslash before `%` goes, and in some crons one
 * before another; a value of the environment is taken as it stands, or between two quotes of one sort, and nothing in it is
 * escaped; neither may have 1000 letters. What cannot be written so is refused by `check`. https://man7.org/linux/man-pages/man5/crontab.5.html
 */
import { cronValue } from "../../runner-fields.ts";
import { cronText } from "../../schedule.ts";
import { type Printer, titleOf } from "./job.ts";

export const cron: Printer = ({ name, title, command, times, runner }) => {
  const { user = "root", environment = {}, environmentFile } = runner;
  const secrets = environmentFile === undefined ? "" : `set -a; . ${word(environmentFile)}; set +a; `;
  const line = `${secrets}${command.map(word).join(" ")}`;
  const variables = Object.entries(environment).map(([key, value]) => `${key}=${cronValue(value)}`);
  return [
    {
      path: name,
      content: [`# ${titleOf(title)}`, ...variables, `${cronText(times)} ${user} ${line}`, ""].join("\n"),
    },
  ];
};

/** In quotes, in which no backslash stands before anything but a quote. */
function word(text: string): string {
  if (/^[\w@+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll(/['\\%]/g, (character) => ESCAPED[character] as string)}'`;
}

const ESCAPED: Readonly<Record<string, string>> = { "'": "'\\''", "\\": "\\''", "%": "\\%" };

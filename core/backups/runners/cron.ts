/** A file of cron.d. It runs by the clock of the host. https://man7.org/linux/man-pages/man5/crontab.5.html */

import { cronText } from "../../schedule.ts";
import { shellWord } from "../../shell.ts";
import type { Printer } from "./job.ts";

export const cron: Printer = ({ name, title, command, times, runner }) => {
  const { user = "root", environment = {}, environmentFile } = runner;
  const secrets = environmentFile === undefined ? "" : `set -a; . ${shellWord(environmentFile)}; set +a; `;
  // A percent sign ends the command there.
  const line = `${secrets}${command.map(shellWord).join(" ")}`.replaceAll("%", "\\%");
  const variables = Object.entries(environment).map(([key, value]) => `${key}=${shellWord(value)}`);
  return [
    {
      path: name,
      content: [`# ${title}`, ...variables, `${cronText(times)} ${user} ${line}`, ""].join("\n"),
    },
  ];
};

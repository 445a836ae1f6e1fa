/**
 * A timer, the service that it starts, and the link by which the timer is started with the machine. A run that was missed
 * while the machine was off is made up for. https://www.freedesktop.org/software/systemd/man/latest/systemd.timer.html
 */
import { systemdText } from "../../schedule.ts";
import { type Printer, titleOf } from "./job.ts";

export const systemd: Printer = ({ name, title, command, times, runner }) => [
  { path: `${name}.service`, content: unit({ ...SERVICE(title), Service: service(command, runner) }) },
  {
    path: `${name}.timer`,
    content: unit({
      Unit: { Description: described(title) },
      Timer: { OnCalendar: systemdText(times), Persistent: "true", AccuracySec: "1s" },
      Install: { WantedBy: "timers.target" },
    }),
  },
  { path: `timers.target.wants/${name}.timer`, link: `../${name}.timer` },
];

type Sections = Readonly<Record<string, Readonly<Record<string, string | readonly string[] | undefined>>>>;

const SERVICE = (title: string): Sections => ({
  Unit: { Description: described(title), Wants: "network-online.target", After: "network-online.target" },
});

function service(
  command: readonly string[],
  { user, environment = {}, environmentFile }: Parameters<Printer>[0]["runner"],
): Sections[string] {
  return {
    Type: "oneshot",
    User: user,
    EnvironmentFile: environmentFile?.replaceAll("%", "%%"),
    Environment: Object.entries(environment).map(([name, value]) => word(`${name}=${value}`)),
    // Only there a `$` stands for a variable.
    ExecStart: ["/usr/bin/env", ...command.map((each) => each.replaceAll("$", "$$$$"))].map(word).join(" "),
    Nice: "10",
    IOSchedulingClass: "idle",
    UMask: "0077",
    NoNewPrivileges: "true",
    PrivateTmp: "true",
  };
}

/** `%` stands for something else everywhere; a line that ends with a backslash would go on in the next. */
function described(title: string): string {
  return titleOf(title).replaceAll("%", "%%").replace(/\\$/, "\\.");
}

/** https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html#Quoting */
function word(text: string): string {
  const escaped = text.replaceAll("%", "%%");
  if (/^[\w@%+=:,./$-]+$/.test(escaped)) return escaped;
  return `"${escaped.replaceAll(/[\\"]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}"`;
}

function unit(sections: Sections): string {
  const written = Object.entries(sections).map(([section, fields]) => {
    const lines = Object.entries(fields).flatMap(([key, value]) => {
      const values = value === undefined ? [] : typeof value === "string" ? [value] : value;
      return values.map((each) => `${key}=${each}`);
    });
    return `[${section}]\n${lines.join("\n")}\n`;
  });
  return written.join("\n");
}

/** Somebody on call who does what a runbook says, and nothing else. */
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { askIn } from "./backups.ts";
import type { Folder } from "./cli.ts";

const MAIN = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const LOADER = import.meta.resolve("tsx");
/** `datumline` as a shell finds it; what it would ask on a terminal is answered. */
function onPath(here: Folder): string {
  const bin = join(here.path, "bin");
  mkdirSync(bin);
  const file = join(bin, "datumline");
  writeFileSync(
    file,
    `#!/bin/sh
case " $* " in *" restore "*) set -- "$@" --yes ;; " apply "*) set -- "$@" --yes ;; esac
exec '${process.execPath}' --import '${LOADER}' '${MAIN}' "$@"
`,
  );
  chmodSync(file, 0o755);
  return bin;
}

export interface Follower {
  readonly env: Readonly<Record<string, string>>;
  /** Of the server, as a superuser. */
  readonly url: string;
}

/** Types what a runbook says, in its order, at a real shell; gives what was typed and said. */
export async function followed(here: Folder, page: string, { env, url }: Follower): Promise<string[]> {
  const path = `${onPath(here)}${delimiter}${process.env.PATH}`;
  const typed: string[] = [];
  for (const [, language, text = ""] of page.matchAll(/^ *```(sql|console)\n([\s\S]*?)^ *```/gm)) {
    const lines = text.split("\n").map((line) => line.trim());
    // What drops or renames a database stands in no transaction with anything else.
    if (language === "sql") for (const line of lines.filter(Boolean)) await askIn(url, "postgres", line);
    else {
      const { stdout, stderr } = await promisify(execFile)("bash", ["-ec", lines.join("\n")], {
        cwd: here.path,
        env: { PATH: path, HOME: here.path, XDG_CACHE_HOME: here.path, NODE_NO_WARNINGS: "1", ...env },
      });
      typed.push(...lines, stdout, stderr);
    }
  }
  return typed;
}

/** A constructs app: a program that writes `declaration.json` to the folder that it is asked to write to. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { error } from "../core/diagnostic.ts";
import { Refusal } from "../core/errors.ts";
import type { Context } from "./context.ts";

/** The `app` of the folder's cdktf.json, which is what cdktf itself would run. */
export function defaultApp(cwd: string): string | undefined {
  const file = join(cwd, "cdktf.json");
  if (!existsSync(file)) return undefined;
  let app: unknown;
  try {
    ({ app } = JSON.parse(readFileSync(file, "utf8")) as { readonly app?: unknown });
  } catch {
    throw new Refusal([
      error("SYNTAX", "cdktf.json is not valid JSON", {
        origin: { file: "cdktf.json" },
        detail: "Mend it, or name documents with `-f`.",
      }),
    ]);
  }
  return typeof app === "string" && app !== "" ? app : undefined;
}

export interface Declaration {
  /** Where the app wrote what it declares. */
  readonly file: string;
  remove(): void;
}

/** Runs the app. Its words, on either stream, are for people and go to stderr. */
export async function runApp(command: string, { io, output }: Context): Promise<Declaration> {
  const folder = mkdtempSync(join(tmpdir(), "datumline-app-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const ended = await new Promise<string | undefined>((done) => {
      const child = spawn(command, {
        shell: true,
        cwd: io.cwd,
        env: { ...io.env, DATUMLINE_OUT: folder } as NodeJS.ProcessEnv,
        stdio: ["ignore", "pipe", "pipe"],
      });
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8");
        stream.on("data", (text: string) => output.passOn(text));
      }
      child.on("error", (problem) => done(problem.message));
      child.on("close", (code, signal) =>
        done(code === 0 ? undefined : signal ? `it was ended by ${signal}` : `it ended with exit code ${code}`),
      );
    });
    const file = join(folder, "declaration.json");
    if (ended !== undefined)
      throw failed(
        `The app failed: ${ended}`,
        "What it said stands above. It was run by `--app`, or by `app` of cdktf.json.",
      );
    if (!existsSync(file))
      throw failed(
        "The app declared nothing",
        "It must end with `synth()` of its root: `project.synth()` of a Project, `app.synth()` of a cdktf App that holds a data source.",
      );
    return { file, remove };
  } catch (problem) {
    remove();
    throw problem;
  }
}

function failed(summary: string, detail: string): Refusal {
  return new Refusal([error("APP_FAILED", summary, { detail })]);
}

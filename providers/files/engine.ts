/** A folder as a data source: schedules of a host, manifests of a repository. */
import { accessSync, constants } from "node:fs";
import type { ConnectionStep, Engine } from "../../core/engine.ts";
import { Refusal } from "../../core/errors.ts";
import { EMPTY } from "../../core/sql.ts";
import { file } from "./file.ts";
import { connect, rootOf } from "./session.ts";

export const files: Engine = {
  name: "files",
  schemes: ["file"],
  capabilities: { plain: true, transactions: true, rowPolicies: false },
  handlers: { File: file } as unknown as Engine["handlers"],
  intents: {},
  connect,
  async *diagnose(source, options): AsyncIterable<ConnectionStep> {
    const started = performance.now();
    const step = "folder";
    const took = (): number => Math.round((performance.now() - started) * 10) / 10;
    try {
      await (await connect(source, options)).close();
      yield { step, ok: true, result: `${rootOf(source)}, ${mayWrite(rootOf(source))}`, milliseconds: took() };
    } catch (problem) {
      const [diagnostic] = problem instanceof Refusal ? problem.diagnostics : [];
      if (!diagnostic) throw problem;
      yield { step, ok: false, result: diagnostic.summary, milliseconds: took(), diagnostic };
    }
  },
  enter: () => EMPTY,
  isProbe: ({ kind }) => kind === "File",
  isBuiltIn: () => false,
};

function mayWrite(root: string): string {
  try {
    accessSync(root, constants.W_OK);
    return "may be written";
  } catch {
    return "may be read only";
  }
}

import type { Secrets } from "../core/secret.ts";
import type { Io } from "./io.ts";
import type { Options } from "./options.ts";
import type { Output } from "./output.ts";

/** What a command is given. */
export interface Context {
  readonly options: Options;
  readonly operands: readonly string[];
  readonly io: Io;
  readonly output: Output;
  readonly secrets: Secrets;
  /** What an interrupted run still does before it ends. */
  readonly leaving: Set<() => Promise<void>>;
}

/** What cannot be tried here is skipped, and it is said why. */
import { describe, test } from "@jest/globals";

export interface Trying {
  readonly suite: typeof describe.skip;
  readonly it: typeof test.skip;
}

/** `describe` and `test` where nothing is missing; elsewhere those that skip, with a line that says why. */
export function unless(missing: string | undefined, name: string): Trying {
  if (missing === undefined) return { suite: describe, it: test };
  skipped(name, missing);
  return { suite: describe.skip, it: test.skip };
}

/** Says that a part of a test is skipped. */
export function skipped(name: string, missing: string): void {
  process.stderr.write(`SKIPPED: ${name}: ${missing}.\n`);
}

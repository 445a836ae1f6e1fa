import type { Io } from "./io.ts";

/** Aborts what heeds it once the user interrupts the run; the command then tidies up and ends. */
export function interruption({ interrupted }: Io): AbortSignal {
  const abort = new AbortController();
  void interrupted.then(() => abort.abort());
  return abort.signal;
}

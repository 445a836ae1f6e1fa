/** What may pass is tried again, each time after a longer wait; anything else is told at once. */
import { setTimeout as sleep } from "node:timers/promises";

export interface Retry {
  /** How often it is tried in all. */
  readonly attempts: number;
  /** Milliseconds after the first attempt; doubled after each. */
  readonly delay: number;
}

/** The result of the first attempt that succeeds, and which it was; the last failure where none does. */
export async function retried<T>(
  work: () => Promise<T>,
  { attempts, delay }: Retry,
  mayPass: (problem: unknown) => boolean,
): Promise<{ readonly result: T; readonly attempt: number }> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return { result: await work(), attempt };
    } catch (problem) {
      if (attempt >= attempts || !mayPass(problem)) throw problem;
      // Chance keeps many that failed together from coming back together.
      await sleep(delay * 2 ** (attempt - 1) * (0.75 + Math.random() / 2));
    }
  }
}

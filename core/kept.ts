/**
 * Something that is opened when it is first needed, and kept. Where it has broken meanwhile it is opened anew at once; what
 * does not answer in time is given up, and nobody waits for it to end.
 */
import { error } from "./diagnostic.ts";
import { Refusal } from "./errors.ts";

export interface Kept<T> {
  /** Works with it; opening it and the work may each take as long as is allowed. */
  use<R>(work: (of: T) => Promise<R>): Promise<R>;
  /** For good: what is under way fails. */
  close(): Promise<void>;
}

interface Closes {
  close(): Promise<void>;
}

/** `limit` in milliseconds; `name` is what the user knows it as. */
export function kept<T extends Closes>(name: string, limit: number, open: () => Promise<T>): Kept<T> {
  let held: T | undefined;
  let closed = false;
  const opened = async (): Promise<T> => {
    const opening = open();
    try {
      return await within(limit, name, opening);
    } catch (problem) {
      // One that comes too late is not wanted any more.
      opening.then(end, () => undefined);
      throw problem;
    }
  };
  const use = async <R>(work: (of: T) => Promise<R>): Promise<R> => {
    const isFresh = held === undefined;
    const one = held ?? (await opened());
    if (closed) {
      end(one);
      throw new Error(`${name} is closed`);
    }
    held = one;
    try {
      return await within(limit, name, work(one));
    } catch (problem) {
      held = undefined;
      end(one);
      // A server may have been started anew since. One that does not answer now would not on another connection.
      if (isFresh || closed || problem instanceof TooSlow) throw problem;
      return use(work);
    }
  };
  return {
    use,
    async close() {
      closed = true;
      await held?.close();
    },
  };
}

function end(one: Closes): void {
  one.close().catch(() => undefined);
}

class TooSlow extends Refusal {}

/** What comes of the work, unless it takes longer than that. */
export function within<T>(limit: number, name: string, work: Promise<T>): Promise<T> {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => {
      const detail =
        "`datumline connect` tests the connection step by step; `connection.connectTimeout` says how long it may take.";
      fail(new TooSlow([error("CONNECTION_FAILED", `${name} did not answer within ${limit / 1000} s`, { detail })]));
    }, limit);
    work.then(done, fail).finally(() => clearTimeout(timer));
  });
}

/** Terraform was interrupted: whatever is being applied ends at the next safe point, and what is not kept is undone. */
import { error } from "../core/diagnostic.ts";
import type { Session } from "../core/engine.ts";
import { Refusal } from "../core/errors.ts";

let stopped = false;
const waiting = new Set<() => void>();

export function stop(): void {
  stopped = true;
  for (const wake of waiting) wake();
}

/** To be called where nothing is half done. */
export function safePoint(): void {
  if (!stopped) return;
  const detail = "What had not been kept is undone. Plan again to see what is left to do.";
  throw new Refusal([error("INTERRUPTED", "Interrupted", { detail })]);
}

/** The session with a lock that is no longer waited for once Terraform is interrupted. */
export function interruptible(session: Session): Session {
  const lock = async (): Promise<void> => {
    let wake = (): void => undefined;
    const interrupted = new Promise<void>((done) => {
      wake = done;
    });
    waiting.add(wake);
    try {
      safePoint();
      await Promise.race([session.lock(), interrupted]);
      safePoint();
    } finally {
      waiting.delete(wake);
    }
  };
  // A copy would read its getters once and for all.
  return Object.assign(Object.create(session) as Session, { lock });
}

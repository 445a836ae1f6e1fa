/** Fields that a pooler, its pools and its users share. */
import { milliseconds } from "../duration.ts";
import { choice, map, type Schema, text, whole } from "../schema.ts";
import { duration } from "../source-fields.ts";

export const POOL_MODE: Schema = choice(
  "When a server connection goes back to the pool: `session` when the client leaves, `transaction` after each transaction, `statement` after each statement.",
  ["session", "transaction", "statement"],
);

export const count = (description: string): Schema => whole(description, { minimum: 0 });

/** The one form in which durations are compared: `5min` → `300s`. */
function inSeconds(text: string): string {
  const time = milliseconds(text);
  return time % 1000 === 0 ? `${time / 1000}s` : `${time}ms`;
}

type Durations = Readonly<Record<string, string | undefined>>;

/** Every duration of a group in the one form that is compared. */
export function normaliseDurations<D extends Durations>(durations: D): D {
  return Object.fromEntries(Object.entries(durations).map(([name, text]) => [name, text && inSeconds(text)])) as D;
}

/** Limits that a user may have in place of those of the pooler. */
export const USER_TIMEOUTS: Readonly<Record<string, Schema>> = {
  query: duration("A statement that runs longer is cancelled."),
  idleTransaction: duration("A client that leaves a transaction open longer is disconnected."),
  transaction: duration("A client whose transaction lasts longer is disconnected."),
  clientIdle: duration("A client that does nothing for longer is disconnected."),
};

/** What a configuration says otherwise than what is in force; nobody declares it, so any is a difference. */
export const UNLOADED: Schema = {
  ...map("What the file says otherwise than what is in force, and what waits to be loaded.", text("Value.")),
  computed: true,
  default: {},
};

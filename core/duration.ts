import { quantity } from "./quantity.ts";

/** Milliseconds of `500ms`, `30s`, `5min`, `2h`, `7d`: what a field of type duration holds. */
export function milliseconds(duration: string): number {
  return Math.round(quantity(duration) * 1000);
}

/** What time it is: asked of one place, so that a test, or a plan for another day, can say. */
let clock: () => Date = () => new Date();

export function now(): Date {
  return clock();
}

/** Sets the clock; without one, back to the real time. */
export function setClock(given?: () => Date): void {
  clock = given ?? (() => new Date());
}

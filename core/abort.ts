/** Work that is given up when a signal says so: what it would have come to is nobody's concern any more. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  signal.throwIfAborted();
  let give: (() => void) | undefined;
  const given = new Promise<never>((_, fail) => {
    give = () => fail(signal.reason as Error);
    signal.addEventListener("abort", give);
  });
  try {
    return await Promise.race([work, given]);
  } finally {
    if (give) signal.removeEventListener("abort", give);
  }
}

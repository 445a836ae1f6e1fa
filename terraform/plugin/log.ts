/** What Terraform shows when TF_LOG is set: lines of JSON on the standard error output. */
export function log(level: "error" | "warn" | "info" | "debug", text: string): void {
  // A time of any other precision makes Terraform take the line for plain text.
  const time = new Date().toISOString().replace("Z", "000Z");
  const line = { "@level": level, "@message": text, "@module": "datumline", "@timestamp": time };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

/** The stack of an error and of its causes; nothing else of it, for who knows what a driver has hung on to it. */
export function logError(where: string, error: unknown): void {
  log("error", `${where}: ${stackOf(error)}`);
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by ${stackOf(error.cause)}`;
}

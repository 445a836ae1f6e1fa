/**
 * A fault of Datumline's own, told as a diagnostic: nobody but its authors can do anything with a stack trace, so that is
 * in Terraform's log only. What the world did (a connection, a statement) the provider has told by itself before.
 */
import { logError } from "./log.ts";
import type { Diagnostic } from "./provider.ts";

let breakDown: (error: unknown) => void;
const broken = new Promise<never>((_, reject) => {
  breakDown = reject;
});
broken.catch(() => {});

/** What is thrown where no call waits for it ends all calls: after that nothing can be trusted to go on as it should. */
export function catchUncaught(): void {
  process.on("uncaughtException", (error) => {
    logError("outside of any call", error);
    breakDown(error);
  });
}

/** What `work` gives, or what `told` makes of the fault that kept it from giving anything. */
export async function guarded<T>(where: string, work: () => Promise<T>, told: (fault: Diagnostic) => T): Promise<T> {
  try {
    return await Promise.race([work(), broken]);
  } catch (error) {
    logError(where, error);
    return told(faultOf(where, error));
  }
}

function faultOf(where: string, error: unknown): Diagnostic {
  const message = error instanceof Error ? error.message : String(error);
  return {
    severity: "error",
    summary: "Datumline failed through a fault of its own",
    detail: `${where}: ${message}\n\nThis is a bug in Datumline, not in your configuration. Run the command again with TF_LOG=ERROR in its environment for the details, and report them.`,
  };
}

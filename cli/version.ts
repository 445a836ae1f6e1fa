import type { Context } from "./context.ts";
import { packageVersion } from "./package.ts";

export async function version({ output }: Context): Promise<number> {
  output.result(`${packageVersion()}\n`);
  return 0;
}

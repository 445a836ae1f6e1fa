import { packageVersion } from "../core/package.ts";
import type { Context } from "./context.ts";

export async function version({ output }: Context): Promise<number> {
  output.result(`${packageVersion()}\n`);
  return 0;
}

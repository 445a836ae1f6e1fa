/** `--url`: which system it names. */
import { type Reached, reach } from "../core/doors/reach.ts";
import { ENGINES } from "../providers/index.ts";
import type { Context } from "./context.ts";

export async function reached({ options, secrets }: Context): Promise<Reached | undefined> {
  return options.url === undefined ? undefined : reach(options.url, { engines: ENGINES, secrets, called: "--url" });
}

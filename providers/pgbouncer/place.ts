import { statSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { error } from "../../core/diagnostic.ts";
import { Refusal } from "../../core/errors.ts";
import type { DataSource } from "../../core/specs.ts";
import type { InForce } from "./console.ts";
import { PoolerFiles } from "./files.ts";

/** The files as this machine sees them; refuses others than the pooler reads. */
export function filesOf({ pgbouncer = {} }: DataSource, { config }: InForce): PoolerFiles {
  const named = config.get("conffile")?.value ?? "";
  const given = pgbouncer.config === undefined ? undefined : resolve(pgbouncer.config);
  if (given === undefined && !isAbsolute(named)) {
    const detail = "Give `pgbouncer.config` of the DataSource: its path as this machine sees it.";
    throw new Refusal([error("UNREADABLE", `The pooler reads ${named || "a file that it does not name"}`, { detail })]);
  }
  const path = given ?? named;
  refuseOther(path, named);
  const userlist = pgbouncer.userlist ?? absolute(config.get("auth_file")?.value);
  return new PoolerFiles({ config: path, userlist: userlist === undefined ? undefined : resolve(userlist) });
}

function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}

/** Where both files can be seen from here, they must be one. */
function refuseOther(path: string, named: string): void {
  if (!isAbsolute(named)) return;
  const [mine, theirs] = [path, named].map((each) => statSync(each, { throwIfNoEntry: false }));
  if (!mine || !theirs || (mine.ino === theirs.ino && mine.dev === theirs.dev)) return;
  const detail = `Mend \`pgbouncer.config\` of the DataSource, or the host and port of its console.`;
  throw new Refusal([error("WRONG_TARGET", `The pooler reads ${named}, not ${path}`, { detail })], 3);
}

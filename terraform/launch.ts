/**
 * Terraform starts this file, four times for a plan. What V8 makes of the provider is kept in the user's cache from one
 * start to the next, for to compile it takes longer than all the rest of a start.
 * https://nodejs.org/api/vm.html#scriptcreatecacheddata
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire, wrap } from "node:module";
import { dirname, join } from "node:path";
import { Script } from "node:vm";
import { IMPORT } from "../core/import.ts";
import { isOurs, userCache, writeCached } from "../core/user-cache.ts";

const SUM = 32;

const path = join(__dirname, "provider.js");
const source = readFileSync(path, "utf8");
// The version and the machine are compared by V8 itself, the source by its length alone.
const kept = join(userCache(), `provider-${sum(source).toString("hex").slice(0, 16)}.compiled`);
const known = read();
const script = new Script(wrap(source), { filename: path, ...(known && { cachedData: known }) });
if (!known || script.cachedDataRejected) process.once("exit", keep);

Object.assign(globalThis, { [IMPORT]: (specifier: string) => import(specifier) });
const loaded = { exports: {} };
script.runInThisContext().call(loaded.exports, loaded.exports, createRequire(path), loaded, path, dirname(path));

function sum(content: string | Buffer): Buffer {
  return createHash("sha256").update(content).digest();
}

/** Nothing where it is not whole, or somebody else could have written it. */
function read(): Buffer | undefined {
  try {
    if (!isOurs(dirname(kept)) || !isOurs(kept)) return undefined;
    const content = readFileSync(kept);
    const compiled = content.subarray(SUM);
    return sum(compiled).equals(content.subarray(0, SUM)) ? compiled : undefined;
  } catch {
    return undefined;
  }
}

function keep(): void {
  try {
    const compiled = script.createCachedData();
    writeCached(kept, Buffer.concat([sum(compiled), compiled]));
  } catch {
    // A full disk or a folder that cannot be written costs time, nothing else.
  }
}

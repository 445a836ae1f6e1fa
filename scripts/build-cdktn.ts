/**
 * cdktn is cdktf under another name, and an app of the one cannot use what was built for the other. The two files that
 * lead to it are therefore there twice, the same but for that name. https://github.com/open-constructs/cdk-terrain
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const COPIES = { cdktf: "cdktn", bridge: "bridge-cdktn" };

/** Writes `cdktn` beside `cdktf` in a folder of built constructs. */
export function duplicateForCdktn(folder: string): void {
  for (const ending of ["js", "d.ts"]) {
    for (const [from, to] of Object.entries(COPIES)) {
      const text = readFileSync(join(folder, `${from}.${ending}`), "utf8");
      const copy = text
        .replaceAll('from "cdktf"', 'from "cdktn"')
        .replaceAll(/(["'])\.\/bridge\.(js|ts)\1/g, '"./bridge-cdktn.$2"')
        .replaceAll("datumline/cdktf", "datumline/cdktn");
      writeFileSync(join(folder, `${to}.${ending}`), copy);
    }
  }
}

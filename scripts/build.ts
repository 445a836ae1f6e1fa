import { execFileSync } from "node:child_process";
import { chmodSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { duplicateForCdktn } from "./build-cdktn.ts";
import { buildProvider } from "./build-provider.ts";

const root = new URL("../", import.meta.url);

// Files of an earlier build that have no source any more would be published otherwise.
rmSync(new URL("dist/", root), { recursive: true, force: true });
execFileSync("tsc", ["-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
chmodSync(new URL("dist/cli/main.js", root), 0o755);
duplicateForCdktn(fileURLToPath(new URL("dist/constructs", root)));
await buildProvider(fileURLToPath(new URL("dist/terraform/mirror", root)));

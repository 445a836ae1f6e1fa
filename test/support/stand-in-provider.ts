/** A folder like the one that the build puts the Terraform provider into, for tests that do not run it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";

export const VERSION: string = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;

export const PLATFORMS = ["darwin_arm64", "linux_amd64"];

const folders: string[] = [];
afterAll(() => {
  delete process.env.DATUMLINE_TERRAFORM_MIRROR;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** What is synthesised from here on gets this provider; returns the folder of the mirror. */
export function standInProvider(content = "#!/usr/bin/env node\n", version = VERSION): string {
  const mirror = mkdtempSync(join(tmpdir(), "datumline-mirror-"));
  folders.push(mirror);
  for (const platform of PLATFORMS) {
    const folder = join(mirror, "terraform.local/datumline/datumline", version, platform);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `terraform-provider-datumline_v${version}`), content, { mode: 0o755 });
    writeFileSync(join(folder, "package.json"), '{"type":"commonjs"}\n');
  }
  process.env.DATUMLINE_TERRAFORM_MIRROR = mirror;
  return mirror;
}

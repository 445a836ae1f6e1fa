/**
 * Lays the Terraform provider, which is part of this package, and its entry in the lock file beside a synthesised stack:
 * `terraform init` then finds it there and asks no registry.
 * https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
 */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "./package.ts";
import { refuse } from "./refuse.ts";

/** Address of the provider; the host is a name that no registry answers to. */
export const PROVIDER_SOURCE = "terraform.local/datumline/datumline";

const LOCK_FILE = ".terraform.lock.hcl";

/** Puts the provider of a version into a stack's folder, for all platforms: what is synthesised here may run elsewhere. */
export function layProvider(folder: string, version: string, stack: string): void {
  const built = join(mirror(), PROVIDER_SOURCE, version);
  const platforms = existsSync(built) ? readdirSync(built).sort() : [];
  if (platforms.length === 0) {
    refuse(
      stack,
      `The Terraform provider ${version} is not in ${mirror()}`,
      "An installed package brings it; in a checkout of Datumline run `npm run build`.",
    );
  }
  const laid = join(folder, "terraform.d", "plugins", PROVIDER_SOURCE);
  const hashes = [...new Set(platforms.map((platform) => hashOf(join(built, platform))))].sort();
  // Terraform may hold the files of the last run; what is the same is not written again.
  const isLaid = platforms.every((platform) => {
    const there = join(laid, version, platform);
    return existsSync(there) && hashes.includes(hashOf(there));
  });
  if (!isLaid) {
    rmSync(laid, { recursive: true, force: true });
    mkdirSync(laid, { recursive: true });
    cpSync(built, join(laid, version), { recursive: true });
  }
  const lock = join(folder, LOCK_FILE);
  writeFileSync(lock, locked(existsSync(lock) ? readFileSync(lock, "utf8") : "", version, hashes));
}

/** A folder laid out as Terraform's filesystem mirrors; another one is for those who build the provider themselves. */
function mirror(): string {
  return process.env.DATUMLINE_TERRAFORM_MIRROR || join(packageRoot(), "dist", "terraform", "mirror");
}

/**
 * Terraform's hash of a package, scheme `h1`: of the files' names and hashes, sorted by name.
 * https://pkg.go.dev/golang.org/x/mod/sumdb/dirhash
 */
function hashOf(folder: string): string {
  const sha256 = (content: string | Buffer) => createHash("sha256").update(content);
  const lines = readdirSync(folder)
    .sort()
    .map((name) => `${sha256(readFileSync(join(folder, name))).digest("hex")}  ${name}\n`);
  return `h1:${sha256(lines.join("")).digest("base64")}`;
}

const HEADER = `# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.
`;

/** The lock file with our entry, the entries of other providers as they were. */
export function locked(before: string, version: string, hashes: readonly string[]): string {
  const entry = `provider "${PROVIDER_SOURCE}" {
  version     = "${version}"
  constraints = "${version}"
  hashes = [
${hashes.map((hash) => `    "${hash}",\n`).join("")}  ]
}
`;
  const ours = new RegExp(`\\n*provider "${PROVIDER_SOURCE.replaceAll(".", "\\.")}" \\{\\n(?:.*\\n)*?\\}\\n?`);
  const others = before.replace(ours, "\n").trimEnd();
  return `${others === "" ? HEADER.trimEnd() : others}\n\n${entry}`;
}

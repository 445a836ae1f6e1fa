/**
 * The Terraform provider in the layout of a filesystem mirror: what Terraform starts, and the provider that it loads. What is
 * started has no suffix, so Node goes by the nearest package.json: without one of its own it would not start below a package
 * of ES modules.
 * https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror
 */
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** The host is never contacted: a mirror that has the provider answers for it. */
export const SOURCE = "terraform.local/datumline/datumline";
/** The content is the same on each, and so is its checksum in a lock file. */
const PLATFORMS = ["linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"];

export interface BuiltProvider {
  /** The mirror, for `filesystem_mirror` or `terraform init -plugin-dir`. */
  readonly mirror: string;
  readonly version: string;
  /** The one for the platform that this runs on. */
  readonly executable: string;
}

/** Bundles `entry` (of `terraform/`, if not said otherwise) and lays it out below `mirror`. */
export async function buildProvider(mirror: string, entry = join(ROOT, "terraform/main.ts")): Promise<BuiltProvider> {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  const name = `terraform-provider-datumline_v${version}`;
  const [provider, launcher] = await Promise.all([
    bundle(entry, version),
    bundle(join(ROOT, "terraform/launch.ts"), version),
  ]);
  const files = {
    [name]: `#!/usr/bin/env node\n${launcher.text}`,
    "provider.js": provider.text,
    "package.json": '{"type":"commonjs"}\n',
    LICENSES: licences(provider.inputs),
  };
  // Copies, for npm leaves hard links out when it unpacks a package.
  for (const platform of PLATFORMS) {
    const folder = join(mirror, SOURCE, version, platform);
    mkdirSync(folder, { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
    chmodSync(join(folder, name), 0o755);
  }
  const architecture = process.arch === "arm64" ? "arm64" : "amd64";
  return { mirror, version, executable: join(mirror, SOURCE, version, `${process.platform}_${architecture}`, name) };
}

async function bundle(
  entry: string,
  version: string,
): Promise<{ readonly text: string; readonly inputs: readonly string[] }> {
  const result = await build({
    entryPoints: [entry],
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    define: { BUNDLED_VERSION: JSON.stringify(version) },
    // A good deal less to install, four times; the names are for the stack traces in Terraform's log.
    minify: true,
    keepNames: true,
    legalComments: "none",
    // The one pg does without where it is not installed; the other reads .proto files for services that are not offered.
    external: ["pg-native", "@grpc/proto-loader"],
    logLevel: "silent",
  });
  return { text: result.outputFiles[0]?.text ?? "", inputs: Object.keys(result.metafile.inputs) };
}

/** The licence of every package that ended up in the bundle. */
function licences(inputs: readonly string[]): string {
  const folders = new Set(inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
  return `${[...folders]
    .sort()
    .map(licence)
    .join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

function licence(path: string): string {
  const folder = join(ROOT, path);
  const read = (file: string): string => readFileSync(join(folder, file), "utf8").trim();
  const { name, version, license } = JSON.parse(read("package.json")) as Readonly<Record<string, string>>;
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
    .map(read);
  // Some have it in their README alone.
  if (texts.length === 0) texts.push(/^#+ *licen[cs]e.*/ims.exec(read("README.md"))?.[0] ?? "");
  return [`${name} ${version} (${license})`, ...texts].join("\n\n");
}

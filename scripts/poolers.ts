/**
 * The pooler's tests with a newer PgBouncer than the machine has: `npm run test:poolers`. It is the one of a later release
 * of Debian, taken out of its packages with the libraries that it was built for, and installed nowhere.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failing, fetched } from "./fetched.ts";
import { jest } from "./jest.ts";

/** Of Debian, unless the command line names another, such as `sid`. */
const [release = "trixie"] = process.argv.slice(2);
const NEEDED =
  /^(pgbouncer|libc6|libevent-2|libcares2|libssl3|libpam0g|libsystemd|libaudit1|libcap|libcrypt1|libldap2|libsasl2-2|libgcc-s1|libzstd1|liblz|zlib1g|libgcrypt|libgpg-error0)/;
/** Those in which versions differ. */
const SUITES = "**/test/pgbouncer-{adopt,apply,memory,target}.{test,slow}.ts";
const KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg";

const folder = fetched(`pgbouncer-${release}`, [release], install);
if (folder !== undefined)
  process.exitCode = jest("poolers", ["--testMatch", SUITES], {
    DATUMLINE_PGBOUNCER: join(folder, "pgbouncer"),
  });

function install(to: string): string | undefined {
  const mirror = spawnSync("apt-get", ["indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"], {
    encoding: "utf8",
  });
  const [place] = (mirror.stdout ?? "").split("\n").filter((line) => line.includes("debian")) ?? [];
  if (mirror.status !== 0 || !place) return "this machine has no apt-get that knows a mirror of Debian";
  const at = (path: string): string => join(to, path);
  for (const path of ["lists/partial", "cache/archives/partial", "sources", "packages", "root"])
    mkdirSync(at(path), { recursive: true });
  writeFileSync(at("sources/later.list"), `deb [signed-by=${KEYS}] ${place.split(" ")[0]} ${release} main\n`);
  const apart = [
    ["Etc::sourcelist", "/dev/null"],
    ["Etc::sourceparts", at("sources")],
    ["State::lists", at("lists")],
    ["State::status", "/dev/null"],
    ["Cache", at("cache")],
  ].flatMap(([name, path]) => ["-o", `Dir::${name}=${path}`]);
  const updated = failing("apt-get", [...apart, "-q", "update"]);
  if (updated !== undefined) return updated;
  const all = spawnSync("apt-cache", [...apart, "depends", "--recurse", "--important", "pgbouncer"], {
    encoding: "utf8",
  });
  const names = [...new Set(all.stdout.split("\n"))].filter((name) => NEEDED.test(name));
  const problem = failing("apt-get", [...apart, "-q", "download", ...names], at("packages"));
  if (problem !== undefined) return problem;
  for (const file of readdirSync(at("packages"))) {
    const wrong = failing("dpkg", ["-x", join(at("packages"), file), at("root")]);
    if (wrong !== undefined) return wrong;
  }
  const root = at("root");
  const loader = `${root}/usr/lib64/ld-linux-x86-64.so.2`;
  const libraries = `${root}/usr/lib/x86_64-linux-gnu`;
  writeFileSync(
    at("pgbouncer"),
    `#!/bin/sh\nexec ${loader} --library-path ${libraries} ${root}/usr/sbin/pgbouncer "$@"\n`,
  );
  chmodSync(at("pgbouncer"), 0o755);
  return failing(at("pgbouncer"), ["--version"]);
}

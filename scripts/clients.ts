/**
 * Settings of clients, tried with the clients themselves: `npm run test:clients`. What is on no machine by itself is
 * fetched once and kept beside the dependencies: Python's clients by pip, Java's by Maven. What a machine lacks is said
 * and passed over.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { jest } from "./jest.ts";

const CACHE = fileURLToPath(new URL("../node_modules/.cache/datumline-clients", import.meta.url));

const PYTHON = [
  "sqlalchemy==2.1.9",
  "psycopg[binary,pool]==3.3.9",
  "psycopg2-binary==2.9.13",
  "django==5.2.19",
  "dbt-core==1.10.23",
  "dbt-postgres==1.10.2",
];

const JAVA = [
  "org.postgresql:postgresql:42.7.7",
  "com.zaxxer:HikariCP:5.1.0",
  "org.springframework:spring-jdbc:6.1.21",
];

const environment = {
  ...found("DATUMLINE_PYTHON", fetched("python", PYTHON, installPython), join("bin", "python")),
  ...found("DATUMLINE_JARS", fetched("java", JAVA, installJava), "jars"),
};
process.exitCode = jest(
  "clients",
  ["--testMatch", "**/test/**/*.clients.ts", "--runInBand", ...process.argv.slice(2)],
  environment,
);

/** A folder with these packages, made at the first time; undefined where they cannot be had. */
function fetched(
  name: string,
  packages: readonly string[],
  install: (folder: string) => string | undefined,
): string | undefined {
  const hash = createHash("sha256").update(packages.join(" ")).digest("hex").slice(0, 12);
  const folder = join(CACHE, `${name}-${hash}`);
  const done = join(folder, "complete");
  if (existsSync(done)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const missing = install(folder);
  if (missing === undefined) {
    writeFileSync(done, "");
    return folder;
  }
  process.stderr.write(`SKIPPED: the clients of ${name}: ${missing}\n`);
  return undefined;
}

function found(variable: string, folder: string | undefined, path: string): NodeJS.ProcessEnv {
  return folder === undefined ? {} : { [variable]: join(folder, path) };
}

function installPython(folder: string): string | undefined {
  return (
    failing("python3", ["-m", "venv", folder]) ??
    failing(join(folder, "bin", "pip"), ["install", "--quiet", "--disable-pip-version-check", ...PYTHON])
  );
}

function installJava(folder: string): string | undefined {
  const dependencies = JAVA.map((each) => {
    const [group, artifact, version] = each.split(":");
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  });
  writeFileSync(
    join(folder, "pom.xml"),
    `<project><modelVersion>4.0.0</modelVersion><groupId>datumline</groupId><artifactId>clients</artifactId><version>1</version><dependencies>${dependencies.join("")}</dependencies></project>`,
  );
  const copy = [
    "-q",
    "-B",
    "-f",
    join(folder, "pom.xml"),
    "dependency:copy-dependencies",
    `-DoutputDirectory=${join(folder, "jars")}`,
  ];
  return failing("javac", ["-version"]) ?? failing("mvn", copy);
}

/** What a command that failed said last. */
function failing(program: string, args: readonly string[]): string | undefined {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status === 0) return undefined;
  return error ? `${program}: ${error.message}` : `${program}: ${`${stdout}${stderr}`.trim().split("\n").at(-1)}`;
}

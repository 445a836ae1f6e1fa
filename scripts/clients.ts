/**
 * Settings of clients, tried with the clients themselves: `npm run test:clients`. What is on no machine by itself is
 * fetched once and kept beside the dependencies: Python's clients by pip, Java's by Maven. What a machine lacks is said
 * and passed over.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { failing, fetched } from "./fetched.ts";
import { jest } from "./jest.ts";

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

/**
 * Variables of libpq, for everything that is built upon it.
 * https://www.postgresql.org/docs/current/libpq-envars.html
 */
import { shellWord } from "../shell.ts";
import { keywords } from "./keywords.ts";
import type { Client } from "./model.ts";

/** Variables by libpq's keyword. */
const VARIABLES: Readonly<Record<string, string>> = {
  application_name: "PGAPPNAME",
  connect_timeout: "PGCONNECT_TIMEOUT",
};

export const env: Client = {
  title: "the environment",
  engines: ["postgresql"],
  file: (name) => `${name}.env`,
  comment: "#",
  replicas: false,
  write(settings) {
    const { host, port, database, user, password } = settings;
    const values = { host, port: `${port}`, database, user, ...keywords(settings) };
    const lines = Object.entries(values).map(
      ([keyword, value]) => `export ${VARIABLES[keyword] ?? `PG${keyword.toUpperCase()}`}=${shellWord(value)}\n`,
    );
    if (password !== undefined) lines.push(`export PGPASSWORD="$(printenv ${shellWord(password)})"\n`);
    return { text: lines.join(""), notes: ["It is run (`. FILE`) by the shell that starts the client."] };
  },
};

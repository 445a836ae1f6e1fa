/** A data source of ODBC, for psqlODBC, which is built upon libpq. https://odbc.postgresql.org/docs/config-opt.html */
import { keywords, passfile } from "./keywords.ts";
import type { Client } from "./model.ts";

export const odbc: Client = {
  title: "ODBC",
  engines: ["postgresql"],
  file: () => "odbc.ini",
  comment: "#",
  replicas: false,
  refuse: ({ database, user }) =>
    [database, user].some((name) => name !== name.trim())
      ? "An odbc.ini holds no name that begins or ends with a space."
      : undefined,
  write(settings) {
    const { name, host, port, database, user, pooled } = settings;
    const login = passfile(settings);
    const { sslmode, ...others } = keywords(settings);
    const parameters = { ...others, ...(login && { passfile: login.name }) };
    const lines = {
      Driver: "PostgreSQL Unicode",
      Servername: host,
      Port: port,
      Database: database,
      Username: user,
      SSLmode: sslmode,
      ...(pooled && { UseServerSidePrepare: 0 }),
      Pqopt: Object.entries(parameters)
        .map(([keyword, value]) => `${keyword}=${quoted(value)}`)
        .join(" "),
    };
    const text = Object.entries(lines).map(([key, value]) => `${key}=${value}\n`);
    return {
      text: `[${name}]\n${text.join("")}`,
      ...(login && { files: [login] }),
      notes: [
        "ODBCINI names this file, or it is ~/.odbc.ini; `Driver` is the name in odbcinst.ini.",
        "What pool there is, the driver manager keeps: `Pooling` in odbcinst.ini" +
          (pooled ? ", which stays off." : "."),
      ],
    };
  },
};

/** As in a connection string of libpq. */
function quoted(value: string): string {
  return /^[\w./:-]+$/.test(value) ? value : `'${value.replace(/['\\]/g, "\\$&")}'`;
}

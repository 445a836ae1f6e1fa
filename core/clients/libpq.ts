/**
 * A service of libpq: `psql service=NAME`, and so everything that is built upon libpq.
 * https://www.postgresql.org/docs/current/libpq-pgservice.html
 */
import { addresses, type Keywords, keywords, passfile, READ_FROM_REPLICAS, readHosts } from "./keywords.ts";
import type { Client, ClientSettings, Endpoint } from "./model.ts";

export const libpq: Client = {
  title: "libpq",
  engines: ["postgresql"],
  file: () => "pg_service.conf",
  comment: "#",
  replicas: true,
  refuse: ({ database, user }) =>
    // What ends a line is cut off.
    [database, user].some((name) => name.endsWith(" "))
      ? "A service file holds no name that ends with a space."
      : undefined,
  write(settings) {
    const { name, replicas } = settings;
    const login = passfile(settings);
    const section = (title: string, at: readonly Endpoint[], more: Keywords = {}): string =>
      `[${title}]\n${lines({ ...addresses(at), ...loginOf(settings), ...keywords(settings), ...(login && { passfile: login.name }), ...more })}`;
    const reading =
      replicas.length === 0 ? "" : `\n${section(`${name}-read`, readHosts(settings), READ_FROM_REPLICAS)}`;
    return {
      text: `${section(name, [settings])}${reading}`,
      ...(login && { files: [login] }),
      notes: [`PGSERVICEFILE names this file, or it is ~/.pg_service.conf; \`psql service=${name}\` connects.`],
    };
  },
};

function loginOf({ database, user }: ClientSettings): Keywords {
  return { dbname: database, user };
}

function lines(values: Keywords): string {
  return Object.entries(values)
    .map(([keyword, value]) => `${keyword}=${value}\n`)
    .join("");
}

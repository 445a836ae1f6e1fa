/**
 * Superset in either part: its own tables are in this database, or it shows data of it. Which of the two is said by what
 * `superset_config.py` imports. For a database that it shows, Superset makes a connection for each query and keeps no pool.
 * https://superset.apache.org/docs/configuration/configuring-superset
 */
import { addresses, keywords } from "./keywords.ts";
import type { Client, ClientSettings } from "./model.ts";
import { literal, PYTHON, query, uri, uriHost } from "./quote.ts";
import { engineOptions, environ, environImport, poolImport, urlOf } from "./sqlalchemy.ts";

const DRIVER = "postgresql+psycopg2";

export const superset: Client = {
  title: "Superset",
  engines: ["postgresql"],
  file: (name) => `superset_${name}.py`,
  comment: "#",
  replicas: false,
  write(settings) {
    const text = `${environImport(settings)}from sqlalchemy.engine import URL
${poolImport(settings)}
SQLALCHEMY_DATABASE_URI = ${urlOf(DRIVER, settings)}.render_as_string(hide_password=False)
SQLALCHEMY_ENGINE_OPTIONS = ${literal(PYTHON, engineOptions(settings))}
${mutator(settings)}`;
    return {
      text,
      notes: [
        "Its own tables are in this database: import SQLALCHEMY_DATABASE_URI and SQLALCHEMY_ENGINE_OPTIONS in superset_config.py.",
        "It shows data of this database: import DB_CONNECTION_MUTATOR in superset_config.py, and register the database as",
        `  ${shownUri(settings)}`,
      ],
    };
  },
};

/** Without the password, which Superset would keep. */
function shownUri(settings: ClientSettings): string {
  const { user, host, port, database } = settings;
  const isSocket = host.startsWith("/");
  const parameters = { ...(isSocket && addresses([settings])), ...keywords(settings) };
  const at = isSocket ? "" : `${uriHost(host)}:${port}`;
  return `${DRIVER}://${uri(user)}@${at}/${uri(database)}?${query(parameters)}`;
}

/** Superset has this function change what it is about to connect with. */
function mutator({ user, host, port, password }: ClientSettings): string {
  if (password === undefined) return "";
  const [fields, values] = host.startsWith("/")
    ? ['uri.username, uri.query.get("host")', [user, host]]
    : ["uri.username, uri.host, uri.port", [user, host, port]];
  return `

def DB_CONNECTION_MUTATOR(uri, params, username, security_manager, source):
    if [${fields}] == ${literal(PYTHON, values)}:
        uri = uri.set(password=${literal(PYTHON, environ(password))})
    return uri, params
`;
}

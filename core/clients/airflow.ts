/**
 * A connection of Airflow from its environment. The URI is put together by the shell, because Airflow looks up no
 * variable inside of one. https://airflow.apache.org/docs/apache-airflow/stable/howto/connection.html
 */
import { shellWord } from "../shell.ts";
import { keywords } from "./keywords.ts";
import type { Client } from "./model.ts";
import { query, uri, uriHost } from "./quote.ts";
import { variable } from "./supply.ts";

export const airflow: Client = {
  title: "Airflow",
  engines: ["postgresql"],
  file: (name) => `${name}_airflow.sh`,
  comment: "#",
  replicas: false,
  write(settings) {
    const { name, user, password, host, port, database } = settings;
    const login = password === undefined ? uri(user) : `${uri(user)}:$(${ENCODED} ${shellWord(password)})`;
    const address = `postgresql://${login}@${uriHost(host)}:${port}/${uri(database)}?${query(keywords(settings))}`;
    return {
      text: `export ${variable("airflow_conn", name)}="${address}"\n`,
      notes: [
        "It is run (`. FILE`) by the shell that starts Airflow.",
        "Airflow keeps no pool of connections: each task makes its own.",
      ],
    };
  },
};

const ENCODED = `python3 -c 'import os, sys, urllib.parse; print(urllib.parse.quote(os.environ[sys.argv[1]], safe=""))'`;

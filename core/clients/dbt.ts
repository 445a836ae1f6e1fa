/** A profile of dbt. https://docs.getdbt.com/docs/core/connect-data-platform/postgres-setup */
import { stringify } from "yaml";
import { tlsKeywords } from "./keywords.ts";
import type { Client } from "./model.ts";

export const dbt: Client = {
  title: "dbt",
  engines: ["postgresql"],
  file: () => "profiles.yml",
  comment: "#",
  replicas: false,
  write(settings) {
    const { name, host, port, database, user, password, pool, tls, connectTimeout, applicationName } = settings;
    const fields = {
      type: "postgres",
      host,
      port,
      dbname: database,
      user,
      application_name: applicationName,
      ...tlsKeywords(tls),
    };
    const output = {
      ...Object.fromEntries(
        Object.entries(fields).map(([field, value]) => [field, typeof value === "string" ? raw(value) : value]),
      ),
      // It must be there, needed or not.
      password: password === undefined ? "" : `{{ env_var('${password}') }}`,
      connect_timeout: connectTimeout,
      threads: pool.size,
      schema: "{{ env_var('DBT_SCHEMA', 'dbt') }}",
    };
    return {
      text: stringify({ [name]: { target: "default", outputs: { default: output } } }, { lineWidth: 0 }),
      notes: [
        "dbt keeps one connection for each thread: `threads` is the size of the pool.",
        "It builds in the schema that DBT_SCHEMA names, or else in `dbt`.",
      ],
    };
  },
};

/** Braces in a name are none of a template. */
function raw(value: string): string {
  return /\{[{%#]/.test(value) ? `{% raw %}${value}{% endraw %}` : value;
}

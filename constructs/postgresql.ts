import type { Construct } from "constructs";
import type { ClientName } from "../core/clients/index.ts";
import type { ClientFile } from "../core/clients/model.ts";
import { type ClientOptions, settingsFor } from "./clients.ts";
import { DataSource } from "./data-source.ts";
import type { DataSourceProps } from "./kinds.ts";

/** How a PostgreSQL is reached, and how much of it is ours to change. */
export type PostgresDataSourceProps = DataSourceProps;

/** A PostgreSQL database and the server that it is on. */
export class PostgresDataSource extends DataSource {
  constructor(scope: Construct, id: string, props: PostgresDataSourceProps = {}) {
    super("postgresql", scope, id, props);
  }

  /** What a client is told of it: `client("sqlalchemy", { user: analyst }).text`. Of what is declared by then. */
  client(name: ClientName, options: ClientOptions = {}): ClientFile {
    return settingsFor(this, name, options);
  }
}

import type { Construct } from "constructs";
import { DataSource } from "./data-source.ts";
import type { DataSourceProps } from "./kinds.ts";

/** How a PostgreSQL is reached, and how much of it is ours to change. */
export type PostgresDataSourceProps = DataSourceProps;

/** A PostgreSQL database and the server that it is on. */
export class PostgresDataSource extends DataSource {
  constructor(scope: Construct, id: string, props: PostgresDataSourceProps = {}) {
    super("postgresql", scope, id, props);
  }
}

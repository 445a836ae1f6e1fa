import type { Construct } from "constructs";
import { DataSource } from "./data-source.ts";
import type { DataSourceProps } from "./kinds.ts";

/** How the console of a PgBouncer is reached, and where its files are. */
export type PgBouncerDataSourceProps = DataSourceProps;

/** A PgBouncer: its settings, its pools and their users. */
export class PgBouncerDataSource extends DataSource {
  constructor(scope: Construct, id: string, props: PgBouncerDataSourceProps = {}) {
    super("pgbouncer", scope, id, props);
  }
}

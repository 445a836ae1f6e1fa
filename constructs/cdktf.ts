/** `datumline/cdktf`: the same constructs, under an `App` and a `TerraformStack` of cdktf. */

// What stands here goes before what index.ts has under the same name.
export {
  type DeployedProps,
  FilesDataSource,
  type FilesDataSourceProps,
  PgBouncerDataSource,
  type PgBouncerDataSourceProps,
  PostgresDataSource,
  type PostgresDataSourceProps,
  sql,
  type TerraformOptions,
} from "./bridge.ts";
export * from "./index.ts";

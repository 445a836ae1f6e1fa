/** `datumline/cdktf`: the same constructs, under an `App` and a `TerraformStack` of cdktf. */

// What stands here goes before what index.ts has under the same name.
export {
  FilesDataSource,
  PgBouncerDataSource,
  PostgresDataSource,
  type PostgresDataSourceProps,
  sql,
  type TerraformOptions,
} from "./bridge.ts";
export * from "./index.ts";

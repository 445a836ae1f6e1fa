/** `datumline/cdktf`: the same constructs, under an `App` and a `TerraformStack` of cdktf. */

export { PostgresDataSource } from "./bridge.ts";
export * from "./index.ts";

/** `datumline/constructs`: everything that an app declares with; needs no Terraform. */
export type { ClientName } from "../core/clients/index.ts";
export type { ClientFile } from "../core/clients/model.ts";
export type { ClientOptions } from "./clients.ts";
export { DataSource } from "./data-source.ts";
export { Declared, type QualifiedName } from "./declared.ts";
export type { PlainDocument } from "./document.ts";
export { FilesDataSource, type FilesDataSourceProps } from "./files.ts";
export { Judging } from "./judging.ts";
export * from "./kinds.ts";
export { PgBouncerDataSource, type PgBouncerDataSourceProps } from "./pgbouncer.ts";
export { PostgresDataSource, type PostgresDataSourceProps } from "./postgresql.ts";
export { Project, type ProjectProps } from "./project.ts";
export { type Secret, secret } from "./secret.ts";
export { type Named, SqlText, sql } from "./sql.ts";

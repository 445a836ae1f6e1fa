import type { Table } from "./specs.ts";

/** A table that no kind describes (partitioned, foreign, one that inherits): what decides who sees what in it. */
export type OtherTable = Pick<Table, "schema" | "name" | "columns" | "owner" | "rowSecurity">;

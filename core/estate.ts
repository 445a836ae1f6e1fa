import type { Catalog } from "./catalog.ts";
import type { DataSource } from "./specs.ts";

/** All data sources that are declared together. */
export type Estate = readonly { readonly source: DataSource; readonly declared: Catalog }[];

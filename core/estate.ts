import type { Catalog } from "./catalog.ts";
import type { Origin } from "./diagnostic.ts";
import type { DataSource } from "./specs.ts";

/** All data sources that are declared together. */
export type Estate = readonly {
  readonly source: DataSource;
  readonly declared: Catalog;
  /** Where the data source itself stands. */
  readonly origin?: Origin;
}[];

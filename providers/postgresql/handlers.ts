import { defaultPrivilege } from "./default-privilege.ts";
import { enumeration } from "./enum.ts";
import { extension } from "./extension.ts";
import { routine } from "./function.ts";
import { grant } from "./grant.ts";
import { materializedView } from "./materialized-view.ts";
import { role } from "./role.ts";
import { rowPolicy } from "./row-policy.ts";
import { schema } from "./schema.ts";
import { seed } from "./seed.ts";
import { sequence } from "./sequence.ts";
import type { PostgresHandler } from "./snapshot.ts";
import { table } from "./table.ts";
import { index } from "./table-index.ts";
import { view } from "./view.ts";

const CELLS = {
  Role: role,
  Schema: schema,
  Extension: extension,
  Enum: enumeration,
  Function: routine,
  Sequence: sequence,
  Table: table,
  Index: index,
  MaterializedView: materializedView,
  View: view,
  RowPolicy: rowPolicy,
  Grant: grant,
  DefaultPrivilege: defaultPrivilege,
  Seed: seed,
};

/** The kinds that PostgreSQL holds; the types of the specs are checked by the schemas of the kinds. */
export const HANDLERS = CELLS as unknown as Readonly<Record<keyof typeof CELLS, PostgresHandler>>;

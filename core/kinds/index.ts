import type { Kind } from "../kind.ts";
import { accessTest } from "./access-test.ts";
import { backupSchedule } from "./backup-schedule.ts";
import { breakGlassRole } from "./break-glass-role.ts";
import { columnAccess } from "./column-access.ts";
import { connectionPool } from "./connection-pool.ts";
import { dataSource } from "./data-source.ts";
import { dateDimension } from "./date-dimension.ts";
import { dimensionTable } from "./dimension-table.ts";
import { factTable } from "./fact-table.ts";
import { file } from "./files/file.ts";
import { grant } from "./grant.ts";
import { maskedView } from "./masked-view.ts";
import { materializedView } from "./materialized-view.ts";
import { poolUser } from "./pgbouncer/pool-user.ts";
import { poolerSettings } from "./pgbouncer/pooler-settings.ts";
import { policy } from "./policy.ts";
import { policyException } from "./policy-exception.ts";
import { poolerAccess } from "./pooler-access.ts";
import { defaultPrivilege } from "./postgresql/default-privilege.ts";
import { enumeration } from "./postgresql/enum.ts";
import { extension } from "./postgresql/extension.ts";
import { routine } from "./postgresql/function.ts";
import { qualityCheck } from "./quality-check.ts";
import { readOnlyRole } from "./read-only-role.ts";
import { restoreDrill } from "./restore-drill.ts";
import { role } from "./role.ts";
import { roleTemplate } from "./role-template.ts";
import { rowAccess } from "./row-access.ts";
import { rowPolicy } from "./row-policy.ts";
import { schema } from "./schema.ts";
import { seed } from "./seed.ts";
import { sequence } from "./sequence.ts";
import { table } from "./table.ts";
import { index } from "./table-index.ts";
import { tenantIsolation } from "./tenant-isolation.ts";
import { view } from "./view.ts";

/** Every kind there is, in the order in which people read a catalog. */
const ALL = [
  dataSource,
  poolerSettings,
  poolUser,
  connectionPool,
  role,
  readOnlyRole,
  roleTemplate,
  breakGlassRole,
  schema,
  extension,
  enumeration,
  routine,
  sequence,
  table,
  dimensionTable,
  factTable,
  dateDimension,
  index,
  materializedView,
  view,
  maskedView,
  rowPolicy,
  rowAccess,
  tenantIsolation,
  grant,
  columnAccess,
  defaultPrivilege,
  seed,
  poolerAccess,
  accessTest,
  qualityCheck,
  policy,
  policyException,
  file,
  backupSchedule,
  restoreDrill,
];

/** Every kind by name. The registry forgets the types of the specs: what a document holds is checked by its schema. */
export const KINDS: ReadonlyMap<string, Kind> = new Map(ALL.map((kind) => [kind.name, kind as unknown as Kind]));

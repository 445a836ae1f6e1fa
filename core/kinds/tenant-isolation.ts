import { address } from "../address.ts";
import { NAME } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { column, flag, keyed, object, reference, set, text } from "../schema.ts";
import type { TenantIsolation } from "../specs.ts";

export const tenantIsolation = defineKind<TenantIsolation>({
  name: "TenantIsolation",
  rank: 71,
  intent: true,
  summary:
    "Each tenant sees and writes its own rows alone, in every table of some schemas, those to come included: a table without the column fails the plan until it is excepted.",
  fields: {
    name: NAME,
    column: text("Column that holds the tenant, in every table."),
    schemas: set("Schemas whose tables are isolated.", reference("Schema.", "Schema"), { minItems: 1 }),
    tables: set("Tables that are isolated, where it is not whole schemas.", reference("Table.", "Table"), {
      minItems: 1,
    }),
    setting: text("Setting of the session that holds the tenant: `app.tenant`. Not set, it means no rows.", {
      pattern: "^[A-Za-z_][A-Za-z0-9_$]*(\\.[A-Za-z_][A-Za-z0-9_$]*)+$",
      examples: ["app.tenant"],
    }),
    mapping: object(
      "Table that gives tenants to roles, where people connect under names of their own. Its two columns are granted to the roles; it is not isolated itself.",
      {
        table: reference("Table that says who belongs to which tenant.", "Table"),
        user: column("Its column with the name of the role that is connected.", "table"),
        key: column("Its column with the tenant.", "table"),
      },
      ["table", "user", "key"],
    ),
    to: set("Roles that are bound; `public` for all.", reference("Role.", "Role"), {
      default: ["public"],
      minItems: 1,
    }),
    except: keyed(
      "Tables that are left as they are.",
      "table",
      object(
        "A table, or tables by a pattern.",
        {
          table: text("`schema.name`; `*` stands for any characters."),
          reason: text("Why they hold nothing of a tenant's."),
        },
        ["table", "reason"],
      ),
    ),
    bypass: set("Roles that see and write the rows of all tenants.", reference("Role.", "Role")),
    index: flag("Makes an index on the column of each table where none begins with it.", true),
  },
  required: ["name", "column"],
  example: { name: "own_tenant", column: "tenant_id", schemas: ["app"], setting: "app.tenant" },
  address: (spec) => address("TenantIsolation", spec.name),
  check: ({ schemas, tables, setting, mapping }) => [
    ...((schemas === undefined) === (tables === undefined) ? ["it takes one of schemas, tables"] : []),
    ...((setting === undefined) === (mapping === undefined) ? ["it takes one of setting, mapping"] : []),
  ],
});

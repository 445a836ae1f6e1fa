/** Becoming somebody else, and saying that one is. */
import { each, refused } from "./each.ts";
import type { Family } from "./model.ts";

export const ROLES: Family = {
  title: "Roles and settings",
  attacks: [
    {
      way: "`SET ROLE` to another role, to the owner, to a group with more rights",
      outcome: "blocked",
      why: "It takes membership, which was not granted.",
      as: "alice",
      run: each("SET ROLE bob", "SET ROLE keeper", "SET ROLE pg_read_all_settings", "SET ROLE postgres"),
      gets: refused(4, "permission denied to set role"),
    },
    {
      way: "`SET SESSION AUTHORIZATION`",
      outcome: "blocked",
      why: "It is for who logged in as a superuser.",
      as: "alice",
      run: "SET SESSION AUTHORIZATION bob",
      gets: /permission denied to set session authorization/,
    },
    {
      way: "A role that no policy names",
      outcome: "blocked",
      why: "Where no policy opens a row, none is seen.",
      prepare: "GRANT USAGE ON SCHEMA app TO clerk; GRANT SELECT ON app.invoice TO clerk",
      as: "clerk",
      run: "SELECT note FROM app.invoice; SELECT 'nothing more'",
      gets: /^SELECT 0/,
    },
    {
      way: "`RESET ROLE`",
      outcome: "blocked",
      why: "It leads back to who logged in, who is bound as well.",
      as: "alice",
      run: "SET ROLE staff; SELECT count(*) FROM app.invoice; RESET ROLE; SELECT note FROM app.invoice",
      gets: /"count":"0".*"note":"100"/s,
    },
    {
      way: "`SET row_security = off`, and a dump (`pg_dump`) that does so",
      outcome: "blocked",
      why: "It makes a statement fail that policies would have narrowed.",
      as: "alice",
      run: "SET row_security = off; COPY app.invoice TO STDOUT",
      gets: /query would be affected by row-level security policy/,
    },
    {
      way: "`ALTER ROLE` on oneself: `BYPASSRLS`, `SUPERUSER`",
      outcome: "blocked",
      why: "It takes a role that has the attribute itself.",
      as: "alice",
      run: each("ALTER ROLE alice BYPASSRLS", "ALTER ROLE alice SUPERUSER"),
      gets: refused(2, "permission denied|must be superuser"),
    },
    {
      way: "`GRANT` of a membership or a privilege that one has",
      outcome: "blocked",
      why: "It takes the ADMIN option, or the grant option.",
      as: "alice",
      run: "GRANT SELECT ON app.invoice TO PUBLIC; GRANT staff TO clerk",
      gets: /NOTICE no privileges were granted.*(permission denied to grant role|must have admin option)/s,
    },
    {
      way: "Switching row security off, or dropping a policy",
      outcome: "blocked",
      why: "It takes the owner of the table.",
      as: "alice",
      run: each(
        "ALTER TABLE app.invoice DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE app.invoice NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY own_tenant ON app.invoice",
        "CREATE POLICY open ON app.invoice USING (true)",
      ),
      gets: refused(4, "must be owner of (table|relation) invoice"),
    },
    {
      way: "A statement prepared, or a plan kept, before the role changed",
      outcome: "blocked",
      why: "A plan is kept for one role and made anew for another.",
      as: "twin",
      declare: `{ kind: Role, name: twin, login: true, memberOf: [staff, alice] }`,
      run: "SET ROLE alice; PREPARE p AS SELECT note FROM app.invoice; EXECUTE p; RESET ROLE; EXECUTE p; SELECT 'nothing more'",
      gets: /^SET null\nPREPARE null\nSELECT 1\n\{"note":"100"\}\nRESET null\nSELECT 0/,
    },
    {
      way: "A role whose name differs in case, or by blanks",
      outcome: "blocked",
      why: "Names are compared to the letter.",
      prepare: `CREATE ROLE "Alice " LOGIN IN ROLE staff`,
      as: "Alice ",
      run: "SELECT note FROM app.invoice; SELECT 'nothing more'",
      gets: /^SELECT 0/,
    },
    {
      way: "A tenant that differs in case",
      outcome: "blocked",
      why: "Texts are compared to the letter, unless the column's collation or type says otherwise.",
      as: "alice",
      run: "SELECT note FROM app.invoice WHERE upper(tenant) = 'A'",
      gets: /^SELECT 1\n\{"note":"100"\}$/,
    },
    {
      way: "Rows without a tenant, and a mapping to no tenant",
      outcome: "blocked",
      why: "NULL equals nothing, NULL included.",
      as: "alice",
      run: "SELECT text FROM app.memo",
      gets: /^SELECT 1\n\{"text":"own"\}$/,
    },
    {
      way: "A setting that is not set, or empty",
      outcome: "blocked",
      why: "It counts as no tenant, and the cast is not tried.",
      declare: `{ kind: Schema, name: unset }
---
{ kind: Role, name: visitor, login: true }
---
{ kind: Grant, to: visitor, privileges: [usage], on: { schema: unset } }
---
{ kind: Grant, to: visitor, privileges: [select], on: { table: unset.page } }
---
{ kind: Table, schema: unset, name: page, columns: [{ name: tenant, type: bigint }, { name: text, type: text }] }
---
{ kind: TenantIsolation, name: by_setting, column: tenant, schemas: [unset], setting: app.tenant }`,
      prepare: "INSERT INTO unset.page VALUES (0, 'hidden'), (NULL, 'hidden')",
      as: "visitor",
      run: "SELECT text FROM unset.page; SET app.tenant = ''; SELECT text FROM unset.page; SELECT 'nothing more'",
      gets: /^SELECT 0\nSET null\nSELECT 0/,
    },
    {
      way: "Setting the setting: `SET`, `set_config`, PGOPTIONS",
      outcome: "reported",
      code: "SETTING_IS_NOT_A_BOUNDARY",
      names: "by_setting",
      why: "Whoever runs SQL can; where people do, take `mapping` or `user`.",
      declare: `{ kind: Schema, name: site }
---
{ kind: Role, name: surfer, login: true }
---
{ kind: Grant, to: surfer, privileges: [usage], on: { schema: site } }
---
{ kind: Grant, to: surfer, privileges: [select], on: { table: site.page } }
---
{ kind: Table, schema: site, name: page, columns: [{ name: tenant, type: bigint }, { name: text, type: text }] }
---
{ kind: TenantIsolation, name: by_setting, column: tenant, schemas: [site], setting: app.tenant }`,
      prepare: "INSERT INTO site.page VALUES (2, 'hidden two'), (3, 'hidden three'), (4, 'hidden four')",
      options: "-c app.tenant=2",
      as: "surfer",
      run: "SELECT text FROM site.page; SET app.tenant = '3'; SELECT text FROM site.page; SELECT set_config('app.tenant', '4', false); SELECT text FROM site.page",
      gets: /hidden two.*hidden three.*hidden four/s,
    },
    {
      way: "Keeping the setting for one's next sessions (`ALTER ROLE … SET`)",
      outcome: "blocked",
      why: "To keep a setting that the server does not know takes a superuser.",
      as: "alice",
      run: "SET app.tenant = 'b'; ALTER ROLE alice SET app.tenant = 'b'",
      gets: /permission denied to set parameter "app.tenant"/,
    },
    {
      way: "A login that can take on roles of several tenants (`SET ROLE` for each request)",
      outcome: "reported",
      code: "ROLE_IS_NOT_A_BOUNDARY",
      names: "gateway",
      why: "Whoever runs SQL in its session can: RESET ROLE, and take on another. It holds where only a trusted application runs SQL.",
      declare: `{ kind: Role, name: gateway, login: true, inherit: false, memberOf: [alice, bob] }`,
      as: "gateway",
      run: "SET ROLE alice; RESET ROLE; SET ROLE bob; SELECT note FROM app.invoice",
      gets: /hidden one/,
    },
    {
      way: "A cursor opened before the role changed",
      outcome: "reported",
      code: "ROLE_IS_NOT_A_BOUNDARY",
      names: "gateway",
      why: "It goes on with what was looked up as the former role; close cursors (`DISCARD ALL`) before a session serves somebody else.",
      as: "gateway",
      run: "SET ROLE bob; DECLARE c CURSOR FOR SELECT note FROM app.invoice ORDER BY id; FETCH 1 FROM c; SET ROLE alice; FETCH 1 FROM c",
      gets: /hidden two/,
    },
  ],
};

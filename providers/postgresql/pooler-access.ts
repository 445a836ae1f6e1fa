/**
 * Who looks passwords up for a pooler: a role that may log in and call one function, which runs with the rights of its
 * owner, looks at nothing but roles that may log in, and never tells what proves a superuser.
 * https://www.pgbouncer.org/config.html#auth_query
 */
import { address } from "../../core/address.ts";
import type { LowerContext, Lowering } from "../../core/engine.ts";
import { KINDS } from "../../core/kinds/index.ts";
import { formatName } from "../../core/names.ts";
import type { Grant, PoolerAccess, Role, Function as Routine, Schema } from "../../core/specs.ts";
import { native } from "./lowering.ts";

/** A password that has ended proves nobody. */
const BODY = `SELECT rolname::pg_catalog.text, CASE WHEN rolvaliduntil OPERATOR(pg_catalog.<) pg_catalog.now() THEN NULL ELSE rolpassword END
FROM pg_catalog.pg_authid
WHERE rolname OPERATOR(pg_catalog.=) username::pg_catalog.name AND rolcanlogin AND NOT rolsuper`;

export const poolerAccess: Lowering<PoolerAccess> = {
  // The password of its role is nothing that a catalog shows.
  fills: true,
  lower: ({ lookup }, context) => {
    if (!lookup) return { objects: [] };
    const { role, password, schema = "pooler" } = lookup;
    const name = "user_lookup";
    const call = `${formatName([schema, name])}(text)`;
    const execute = (to: string): Grant => ({ to, privileges: ["execute"], on: { function: call } });
    return {
      objects: [
        ...unless(
          declares(context, "Role", role),
          native<Role>("Role", { name: role, login: true, ...(password && { password }) }),
        ),
        ...unless(declares(context, "Schema", schema), native<Schema>("Schema", { name: schema })),
        native<Routine>("Function", {
          schema,
          name,
          arguments: [{ name: "username", type: "text" }],
          returns: "TABLE(uname text, phash text)",
          language: "sql",
          body: BODY,
          security: "definer",
          volatility: "stable",
          settings: { search_path: "pg_catalog, pg_temp" },
        }),
        native<Grant>("Grant", { to: role, privileges: ["usage"], on: { schema } }),
        native<Grant>("Grant", execute(role)),
      ],
      unwanted: [
        {
          address: KINDS.get("Grant")?.address(execute("public") as never) ?? address("Grant"),
          reason: "everybody could read what proves the users",
        },
      ],
    };
  },
};

function declares({ declared }: LowerContext, kind: string, name: string): boolean {
  return declared.has(address(kind, name));
}

function unless<T>(there: boolean, made: T): T[] {
  return there ? [] : [made];
}

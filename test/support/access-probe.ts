/**
 * What the server itself says and does about who can do what: its functions about privileges, and statements under SET
 * ROLE. All of it happens inside the server, one round trip for many random databases.
 */
import type pg from "pg";
import { COLUMNS, type Made, ROWS } from "./made-grants.ts";

/** For every database that random ones are made in. */
export const PROBE = `
CREATE SCHEMA probe;
GRANT USAGE ON SCHEMA probe TO PUBLIC;
CREATE FOREIGN DATA WRAPPER probe;
CREATE SERVER probe FOREIGN DATA WRAPPER probe;

-- Tells which rows a statement meets, and keeps them as they are: what they would become is not asked.
CREATE FUNCTION probe.seen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('probe.seen', current_setting('probe.seen') || ' ' || OLD.a, true);
  RETURN NULL;
END $$;

-- Statements that may fail.
CREATE FUNCTION probe.try(VARIADIC texts text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE one text;
BEGIN
  FOREACH one IN ARRAY texts LOOP
    BEGIN
      EXECUTE one;
    EXCEPTION WHEN OTHERS THEN
    END;
  END LOOP;
END $$;

-- What a statement gives, or "denied", or the code of another failure; nothing of it stays.
CREATE FUNCTION probe.result(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
  BEGIN
    PERFORM set_config('probe.seen', '', true);
    IF starts_with(statement, 'SELECT') THEN
      EXECUTE statement INTO result;
    ELSE
      EXECUTE statement;
      result := current_setting('probe.seen');
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'PROBE', MESSAGE = coalesce(result, '');
  EXCEPTION
    WHEN SQLSTATE 'PROBE' THEN RETURN SQLERRM;
    WHEN insufficient_privilege THEN RETURN CASE WHEN SQLERRM LIKE '%row-level security%' THEN 'row' ELSE 'denied' END;
    WHEN OTHERS THEN RETURN SQLSTATE;
  END;
END $$;

-- Rows of each shape that can be inserted: all columns, or one of them.
CREATE FUNCTION probe.shapes() RETURNS TABLE (shape text, a int, b int, c int) LANGUAGE sql IMMUTABLE AS $$
  SELECT s, CASE WHEN s IN ('a,b,c', 'a') THEN i END, CASE WHEN s IN ('a,b,c', 'b') THEN i END, CASE WHEN s IN ('a,b,c', 'c') THEN i END
  FROM unnest(ARRAY['a,b,c', 'a', 'b', 'c']) s, generate_series(1, ${ROWS}) i
$$;

-- Which rows of each shape meet a condition, as the current user.
CREATE FUNCTION probe.meeting(condition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
  EXECUTE format('SELECT string_agg(shape || ''='' || coalesce(a, b, c), '' '') FROM probe.shapes() WHERE (%s)', condition) INTO result;
  RETURN coalesce(result, '');
END $$;

CREATE FUNCTION probe.insertable(relation text, shape text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text := '';
  one text;
BEGIN
  FOR i IN 1..${ROWS} LOOP
    one := probe.result(format('INSERT INTO %s (%s) VALUES (%s)', relation, shape, CASE shape WHEN 'a,b,c' THEN concat_ws(',', i, i, i) ELSE i::text END));
    CONTINUE WHEN one = 'row';
    IF one <> '' THEN RETURN one; END IF;
    result := result || ' ' || i;
  END LOOP;
  RETURN result;
END $$;

CREATE FUNCTION probe.objects(prefix text) RETURNS TABLE (sort text, address text, oid oid, owner oid) LANGUAGE sql AS $$
  SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'relation' END,
    CASE c.relkind WHEN 'S' THEN 'Sequence' WHEN 'v' THEN 'View' WHEN 'm' THEN 'MaterializedView' ELSE 'Table' END || '/' || n.nspname || '.' || c.relname, c.oid, c.relowner
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname LIKE prefix || '\\_%' AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
  UNION ALL SELECT 'schema', 'Schema/' || nspname, n.oid, n.nspowner FROM pg_namespace n WHERE nspname LIKE prefix || '\\_%' OR nspname = 'public'
  UNION ALL SELECT 'function', 'Function/' || p.oid::regprocedure, p.oid, p.proowner FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname LIKE prefix || '\\_%'
  UNION ALL SELECT 'database', 'Database/' || datname, d.oid, d.datdba FROM pg_database d WHERE datname = current_database()
$$;

-- Of every privilege that a role has in any way: on the whole object ("all"), or the columns.
CREATE FUNCTION probe.held(prefix text, roles text[]) RETURNS TABLE (role text, address text, privilege text, columns text) LANGUAGE sql AS $$
  SELECT r, o.address, lower(p), CASE WHEN has_table_privilege(r, o.oid, p) THEN 'all' ELSE c.columns END
  FROM unnest(roles) r, probe.objects(prefix) o,
    unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']
      || CASE WHEN current_setting('server_version_num')::int >= 170000 THEN ARRAY['MAINTAIN'] ELSE ARRAY[]::text[] END) p,
    LATERAL (SELECT string_agg(attname, ' ' ORDER BY attname) AS columns FROM pg_attribute
      WHERE p IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') AND has_any_column_privilege(r, o.oid, p)
        AND attrelid = o.oid AND attnum > 0 AND has_column_privilege(r, o.oid, attnum, p)) c
  WHERE o.sort = 'relation' AND (c.columns IS NOT NULL OR has_table_privilege(r, o.oid, p))
  UNION ALL
  SELECT r, o.address, lower(p), 'all' FROM unnest(roles) r, probe.objects(prefix) o, unnest(CASE o.sort
    WHEN 'sequence' THEN ARRAY['USAGE', 'SELECT', 'UPDATE'] WHEN 'schema' THEN ARRAY['USAGE', 'CREATE']
    WHEN 'function' THEN ARRAY['EXECUTE'] WHEN 'database' THEN ARRAY['CONNECT', 'CREATE', 'TEMPORARY'] END) p
  WHERE CASE o.sort WHEN 'sequence' THEN has_sequence_privilege(r, o.oid, p) WHEN 'schema' THEN has_schema_privilege(r, o.oid, p)
    WHEN 'function' THEN has_function_privilege(r, o.oid, p) WHEN 'database' THEN has_database_privilege(r, o.oid, p) END
$$;

-- Everything about one random database: what there is, what is held, who becomes whom, what rules mean, what statements do.
CREATE FUNCTION probe.ask(prefix text, roles text[], actors text[], relations text[], shown text[], rules text[]) RETURNS TABLE (part text, role text, object text, what text, answer text) LANGUAGE plpgsql AS $$
DECLARE
  one text;
  become text;
BEGIN
  RETURN QUERY SELECT 'object', NULL::text, o.address, NULL::text, pg_get_userbyid(o.owner)::text FROM probe.objects(prefix) o;
  RETURN QUERY SELECT 'held', h.role, h.address, h.privilege, h.columns FROM probe.held(prefix, actors || 'public'::text) h;
  RETURN QUERY SELECT 'superuser', r, NULL::text, NULL::text, NULL::text FROM unnest(actors) r WHERE (SELECT rolsuper FROM pg_roles WHERE rolname = r);
  RETURN QUERY SELECT 'uses', r, NULL::text, o, NULL::text FROM unnest(actors) r, unnest(actors) o WHERE pg_has_role(r, o, 'USAGE');
  FOREACH one IN ARRAY roles LOOP
    EXECUTE format('SET LOCAL SESSION AUTHORIZATION %I', one);
    FOREACH become IN ARRAY actors LOOP
      IF probe.result(format('SET LOCAL ROLE %I', become)) = '' THEN
        RETURN QUERY SELECT 'becomes', one, NULL::text, become, NULL::text;
      END IF;
    END LOOP;
    RESET SESSION AUTHORIZATION;
  END LOOP;
  FOREACH one IN ARRAY actors LOOP
    EXECUTE format('SET LOCAL ROLE %I', one);
    RETURN QUERY SELECT 'rule', one, NULL::text, r, probe.meeting(r) FROM unnest(rules) r;
    RETURN QUERY SELECT 'does', one, r, 'select ' || s,
        probe.result(format('SELECT string_agg(%s::text, '' '') FROM %s', s, r))
      FROM unnest(relations, shown) u (r, all_columns), unnest(string_to_array(all_columns, ',')) s;
    RETURN QUERY SELECT 'does', one, r, 'count', probe.result('SELECT count(*) FROM ' || r) FROM unnest(relations) r;
    RETURN QUERY SELECT 'does', one, r, 'insert ' || s, probe.insertable(r, s)
      FROM unnest(relations, shown) u (r, all_columns), unnest(ARRAY['a,b,c', 'a', 'b', 'c']) s WHERE all_columns = '${COLUMNS.join(",")}';
    RETURN QUERY SELECT 'does', one, r, 'update ' || s, probe.result(format('UPDATE %s SET %s = 0', r, s))
      FROM unnest(relations, shown) u (r, all_columns), unnest(ARRAY['a', 'b', 'c']) s WHERE all_columns = '${COLUMNS.join(",")}';
    RETURN QUERY SELECT 'does', one, r, 'delete', probe.result('DELETE FROM ' || r)
      FROM unnest(relations, shown) u (r, all_columns) WHERE all_columns = '${COLUMNS.join(",")}';
    RESET ROLE;
  END LOOP;
END $$;
`;

/** SQL that makes a random database. */
export function script({ build, grants }: Made): string {
  const tried = grants.map((text) => `$try$${text}$try$`).join(", ");
  return [...build, ...(grants.length > 0 ? [`SELECT probe.try(${tried})`] : [])].join(";\n");
}

/** What the server answered about one random database. */
export interface Answers {
  /** With their owners. */
  readonly objects: ReadonlyMap<string, string>;
  /** By role, object and privilege: "all", or the columns. */
  readonly held: ReadonlyMap<string, string>;
  /** By object: privileges that anybody has. */
  readonly privileges: ReadonlyMap<string, ReadonlySet<string>>;
  readonly superusers: ReadonlySet<string>;
  /** Roles that a role can SET ROLE to. */
  readonly becomes: ReadonlyMap<string, ReadonlySet<string>>;
  /** Roles whose privileges a role has without it. */
  readonly uses: ReadonlyMap<string, ReadonlySet<string>>;
  /** By role and condition: the rows that meet it. */
  readonly rules: ReadonlyMap<string, string>;
  /** By role, relation and statement: the rows that it met, or why it met none. */
  readonly does: ReadonlyMap<string, string>;
}

export const keyOf = (...parts: readonly string[]): string => parts.join("\n");

/** Roles that act: those of the random database, and those of the server that these are members of. */
export function actors({ roles, builtIn }: Made): string[] {
  return [...roles, ...builtIn];
}

/** `rules` are conditions that rows are said to meet. */
export async function ask(
  client: pg.Client,
  asked: readonly { readonly made: Made; readonly rules: readonly string[] }[],
): Promise<Map<Made, Answers>> {
  const calls = asked.map(({ made, rules }, at) => {
    const relations = made.relations.map(({ name }) => name);
    const shown = made.relations.map(({ columns }) => columns.join(","));
    const args = [made.roles, actors(made), relations, shown, rules].map(textArray);
    return `SELECT ${at}, * FROM probe.ask('${made.prefix}', ${args.join(", ")})`;
  });
  const { rows } = await client.query<(string | null)[]>({ text: calls.join("\nUNION ALL\n"), rowMode: "array" });
  const found = asked.map((): string[][] => []);
  for (const [at, ...row] of rows) found[Number(at)]?.push(row as string[]);
  return new Map(asked.map(({ made }, at) => [made, answersOf(found[at] ?? [])]));
}

function textArray(texts: readonly string[]): string {
  return `ARRAY[${texts.map((text) => `$text$${text}$text$`).join(", ")}]::text[]`;
}

function answersOf(rows: readonly string[][]): Answers {
  const of = (part: string): string[][] => rows.filter((row) => row[0] === part).map((row) => row.slice(1));
  const by = (part: string, ...places: readonly number[]): Map<string, string> =>
    new Map(of(part).map((row) => [keyOf(...places.map((place) => row[place] as string)), row[3] as string]));
  const sets = (part: string, key: number, value: number): Map<string, Set<string>> => {
    const found = new Map<string, Set<string>>();
    for (const row of of(part)) {
      const known = found.get(row[key] as string) ?? new Set();
      found.set(row[key] as string, known.add(row[value] as string));
    }
    return found;
  };
  return {
    objects: by("object", 1),
    held: by("held", 0, 1, 2),
    privileges: sets("held", 1, 2),
    superusers: new Set(sets("superuser", 0, 0).keys()),
    becomes: sets("becomes", 0, 2),
    uses: sets("uses", 0, 2),
    rules: by("rule", 0, 2),
    does: by("does", 0, 1, 2),
  };
}

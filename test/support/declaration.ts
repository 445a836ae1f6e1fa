/** A workspace of Terraform in which declarations are written as documents, and the databases that they are for. */
import { jest } from "@jest/globals";
import pg from "pg";
import { type Ran, REQUIRED, type Workspace, type WorkspaceOptions, workspace } from "./terraform.ts";

// Each command of Terraform starts the provider several times, and a busy machine takes seconds for it.
jest.setTimeout(240_000);

export interface Attributes {
  /** YAML by path, or the whole `spec`. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  readonly [attribute: string]: unknown;
}

export interface Declaring extends Workspace {
  /** Writes all declarations, and whatever else the configuration holds. */
  declare(resources: Readonly<Record<string, Attributes>>, more?: object): void;
}

/** `declare({ warehouse: { files: { "a.yaml": … } } })` in a workspace of its own. */
export async function declaring(options: WorkspaceOptions = {}): Promise<Declaring> {
  const here = await workspace({ ...options, files: { "main.tf": REQUIRED, ...options.files } });
  return {
    ...here,
    declare(resources, more = {}) {
      const written = Object.entries(resources).map(([name, { files, ...attributes }]) => [
        name,
        { ...(files && { spec: JSON.stringify({ files }) }), ...attributes },
      ]);
      const resource = written.length > 0 && { resource: { datumline_declaration: Object.fromEntries(written) } };
      here.write("declared.tf.json", JSON.stringify({ ...resource, ...more }));
    },
  };
}

/** An expression of Terraform's language, in JSON. */
export function hcl(expression: string): string {
  return `\${${expression}}`;
}

/** The DataSource of a database by the variable that holds its URL. */
export function dataSource(variable = "DATABASE_URL", more = ""): string {
  return `kind: DataSource\nname: warehouse\nengine: postgresql\nconnection: { url: { env: ${variable} } }\n${more}`;
}

/** Runs SQL in a database; the rows of the last statement. */
export async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const result: unknown = await client.query(text);
    return ((Array.isArray(result) ? result.at(-1) : result) as { rows: Record<string, unknown>[] }).rows;
  } finally {
    await client.end();
  }
}

/** Names of the tables and views of a schema. */
export async function relations(url: string, schema: string): Promise<string[]> {
  const rows = await query(
    url,
    `SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('${schema}') AND relkind IN ('r', 'v') ORDER BY 1`,
  );
  return rows.map(({ relname }) => relname as string);
}

interface Change {
  readonly address: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before: Readonly<Record<string, unknown>> | null;
    readonly after: Readonly<Record<string, unknown>> | null;
    readonly after_unknown: Readonly<Record<string, unknown>>;
  };
}

/** What a plan would do with one resource; `within` is the module that it is in. */
export async function planned(here: Workspace, name = "warehouse", within = ""): Promise<Change["change"]> {
  const ran = await here.run("plan", "-out=tfplan");
  if (ran.status !== 0) throw new Error(`The plan failed:\n${said(ran)}`);
  const { resource_changes: all = [] } = await here.show<{ resource_changes?: readonly Change[] }>("tfplan");
  const found = all.find(({ address }) => address === `${within}datumline_declaration.${name}`);
  if (!found) throw new Error(`No ${name} in the plan:\n${said(ran)}`);
  return found.change;
}

/** The statements of a plan. */
export async function statements(here: Workspace, name = "warehouse", within = ""): Promise<readonly string[]> {
  return ((await planned(here, name, within)).after?.changes ?? []) as readonly string[];
}

/** All that Terraform printed, its boxes taken off and its lines joined. */
export function said({ stdout, stderr }: Ran): string {
  return `${stdout}${stderr}`.replace(/^[│╷╵] ?/gm, "").replace(/\s+/g, " ");
}

/** What Terraform's core says when it finds fault with a provider. */
export const FAULT_OF_PROVIDER = /bug in the provider|inconsistent|invalid plan|Plugin did not respond|panic/i;

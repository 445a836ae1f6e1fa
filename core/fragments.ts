/** Fields that several kinds share. */
import { column, list, map, object, reference, type Schema, set, text } from "./schema.ts";

export const NAME: Schema = text("Name, exactly as the engine holds it; nothing is folded to lower case.");
export const SCHEMA_REFERENCE: Schema = reference("Schema that holds it.", "Schema");
export const OWNER: Schema = {
  ...reference("Role that owns it. Absent: whoever owns it now, or whoever creates it.", "Role"),
  absent: "keep",
};
export const COMMENT: Schema = text("Comment kept by the engine beside the object.");

/** Where a secret manager keeps it: its name, or that and more; `key` where the secret is a JSON object. */
function stored(description: string, { id, ...fields }: Readonly<Record<string, Schema>> & { id: Schema }): Schema {
  const key = text("Field of the secret, where it is a JSON object.");
  return { anyOf: [{ ...id, description }, object(description, { id, ...fields, key }, ["id"])], description };
}

/** A secret by reference; a literal is refused, so that no document ever holds one. */
export const SECRET: Schema = {
  type: "object",
  description:
    "A secret by reference, never a literal: `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }`, or where a secret manager keeps it.",
  properties: {
    env: text("Name of an environment variable that holds the secret."),
    file: text("Path of a file that holds the secret, relative to the document; one trailing line break is ignored."),
    exec: list("A command and its arguments; what it prints is the secret.", text("Word."), { minItems: 1 }),
    awsSecret: stored("AWS Secrets Manager: name or ARN of the secret.", {
      id: text("Name or ARN."),
      region: text("Region; by default that of the environment."),
      version: text("Stage of the version.", { default: "AWSCURRENT" }),
    }),
    vault: stored("HashiCorp Vault, key-value store: `mount/path` of the secret.", {
      id: text("Mount and path, such as `secret/warehouse`.", { pattern: "^[^/]+/.*[^/]$" }),
      address: text("Address of the server; by default VAULT_ADDR."),
      namespace: text("Namespace; by default VAULT_NAMESPACE."),
      version: text("Version; by default the newest."),
    }),
    gcpSecret: stored("Google Secret Manager: `projects/P/secrets/S`.", {
      id: text("Resource name: `projects/P/secrets/S`, or `projects/P/locations/L/secrets/S`.", {
        pattern: "^projects/[^/]+/(locations/[^/]+/)?secrets/[^/]+$",
      }),
      version: text("Version.", { default: "latest" }),
    }),
    azureSecret: stored("Azure Key Vault: `VAULT/NAME`.", {
      id: text(
        "Names of the vault and of the secret: `VAULT/NAME`; in other clouds the identifier of the secret, a URL.",
        {
          pattern: "^(https?://.+|[^/:]+)/[^/]+$",
        },
      ),
      version: text("Version; by default the newest."),
    }),
    kubernetesSecret: stored("Secret mounted into the pod: `NAME/KEY`.", {
      id: text("Name and key: `NAME/KEY`.", { pattern: "^[^/]+/[^/]+$" }),
      mount: text("Folder under which secrets are mounted.", { default: "/var/run/secrets" }),
    }),
  },
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 1,
  secret: true,
};

export const PRIVILEGE: Schema = text(
  "Privilege, in lower case as in the engine's manual: `select`, `usage`, `execute` …",
  {
    pattern: "^[a-z ]+$",
  },
);
export const PRIVILEGES: Schema = set("Privileges.", PRIVILEGE, { minItems: 1 });

/** What privileges are on. */
export const GRANTED: Schema = {
  ...object("Object that they are on: one of these.", {
    database: text("Database, which is the one connected to."),
    schema: reference("Schema.", "Schema"),
    table: reference("Table, view or materialized view.", ["Table", "View", "MaterializedView"]),
    columns: set("Only these columns of the table.", column("Column.", "table"), { open: true, minItems: 1 }),
    sequence: reference("Sequence.", "Sequence"),
    function: text("Function or procedure with the types of its arguments: `sales.margin(numeric, numeric)`.", {
      pattern: "^.+\\..+\\(.*\\)$",
      examples: ["sales.margin(numeric, numeric)"],
    }),
  }),
  minProperties: 1,
  maxProperties: 2,
};

/** Column and type of what a query returns, in order, in the engine's words. */
export const OUTPUT: Schema = {
  ...list("Columns that the query returns, each with its type.", text("Column.")),
  computed: true,
};
export const COLUMN_COMMENTS: Schema = map("Comment by column.", text("Comment."));
export const SCALAR: Schema = { anyOf: [{ type: "string" }, { type: "number" }, { type: "boolean" }] };
export const PARAMETERS: Schema = map("Storage parameters, such as `fillfactor: 70`.", SCALAR);

/** When something runs. */
export const SCHEDULE: Schema = {
  anyOf: [
    object(
      "At times.",
      {
        cron: text("Five fields, as crontab has them: minute, hour, day, month, weekday.", {
          examples: ["30 3 * * *"],
        }),
        timeZone: text("Time zone, as the IANA database names it.", { default: "UTC" }),
      },
      ["cron"],
    ),
    object(
      "At intervals, within a window.",
      {
        every: text("Interval that divides an hour, a day or a week: `15min`, `6h`, `1d`, `7d`.", {
          pattern: "^\\d+(min|h|d)$",
        }),
        from: text("Start of the window, a whole hour.", { pattern: "^([01]\\d|2[0-3]):00$" }),
        to: text("End of the window, a whole hour that is left out.", { pattern: "^([01]\\d|2[0-3]):00$" }),
        timeZone: text("Time zone, as the IANA database names it.", { default: "UTC" }),
      },
      ["every"],
    ),
  ],
  description: 'When it runs: `{ cron: "30 3 * * *" }` or `{ every: 6h, from: "22:00", to: "06:00" }`.',
};

/** Parameters as the engine keeps them: text. */
export function parameterTexts(
  parameters: Readonly<Record<string, string | number | boolean>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, `${value}`]));
}

/** A query without the semicolon and white space that files tend to have around it. */
export function bareQuery(query: string): string {
  return query.trim().replace(/[\s;]+$/, "");
}

/** One document can grant several privileges; each is a fact of its own, and they are written together again. */
export function byPrivilege<S extends { readonly privileges: readonly string[] }>() {
  return {
    expand: (spec: S): S[] => spec.privileges.map((privilege) => ({ ...spec, privileges: [privilege] })),
    group: {
      key: ({ privileges: _, ...rest }: S): string => JSON.stringify(rest),
      join: (specs: readonly S[]): S => ({
        ...(specs[0] as S),
        privileges: specs.flatMap((spec) => spec.privileges).sort(),
      }),
    },
  };
}

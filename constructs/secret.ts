/** A secret by reference: where it is found, never what it is. */
import type { DataSource } from "../core/specs.ts";

type Reference = NonNullable<DataSource["connection"]["password"]>;
type Manager = "awsSecret" | "vault" | "gcpSecret" | "azureSecret" | "kubernetesSecret";
type Stored<M extends Manager> = NonNullable<Reference[M]>;
/** What tells a secret of a manager besides its name. */
type More<M extends Manager> = Omit<Exclude<Stored<M>, string>, "id">;

/** Where a secret is, in one of the ways of a document. */
export type Secret =
  | { readonly env: string }
  | { readonly file: string }
  | { readonly exec: readonly string[] }
  | { readonly [M in Manager]: { readonly [K in M]: Stored<M> } }[Manager];

function stored<M extends Manager>(manager: M) {
  return (id: string, more?: More<M>): Secret =>
    ({ [manager]: more === undefined ? id : { id, ...more } }) as unknown as Secret;
}

/** Says where a secret is found; it is looked up when connecting and stands in no document, plan or log. */
export const secret = {
  /** An environment variable. */
  env: (name: string): Secret => ({ env: name }),
  /** A file, relative to the declaration; one trailing line break is ignored. */
  file: (path: string): Secret => ({ file: path }),
  /** What a command prints. */
  exec: (...command: readonly [string, ...string[]]): Secret => ({ exec: command }),
  /** AWS Secrets Manager: name or ARN; `key` is the field of a secret that is a JSON object. */
  awsSecret: stored("awsSecret"),
  /** HashiCorp Vault: `mount/path`. */
  vault: stored("vault"),
  /** Google Secret Manager: `projects/P/secrets/S`. */
  gcpSecret: stored("gcpSecret"),
  /** Azure Key Vault: `VAULT/NAME`. */
  azureSecret: stored("azureSecret"),
  /** Secret mounted into the pod: `NAME/KEY`. */
  kubernetesSecret: stored("kubernetesSecret"),
} as const;

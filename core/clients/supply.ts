/**
 * Secrets that a client cannot look up by itself. It is given them by whoever runs it, with the command line of the store
 * that keeps them; none is looked up here.
 */
import { shellWords } from "../shell.ts";
import type { SecretReference, StoredSecret } from "../sql.ts";

type Stored = Exclude<StoredSecret, string>;

const STORES: Readonly<Partial<Record<keyof SecretReference, (of: Stored) => readonly string[]>>> = {
  // The command line does not look for the region in the name.
  awsSecret: ({ id, region = /^arn:[\w-]+:secretsmanager:([\w-]+):/.exec(id)?.[1], version }) => [
    ...["aws", "secretsmanager", "get-secret-value", "--secret-id", id],
    ...(region === undefined ? [] : ["--region", region]),
    ...(version === undefined ? [] : ["--version-stage", version]),
    ...["--query", "SecretString", "--output", "text"],
  ],
  vault: ({ id, address, namespace, version, key }) => [
    ...["vault", "kv", "get"],
    ...(address === undefined ? [] : [`-address=${address}`]),
    ...(namespace === undefined ? [] : [`-namespace=${namespace}`]),
    ...(version === undefined ? [] : [`-version=${version}`]),
    key === undefined ? "-format=json" : `-field=${key}`,
    id,
  ],
  gcpSecret: ({ id, version }) => ["gcloud", "secrets", "versions", "access", `${id}/versions/${version ?? "latest"}`],
  azureSecret: ({ id, version }) => {
    const [vault = "", name = ""] = id.split("/");
    return [
      ...["az", "keyvault", "secret", "show"],
      ...(/^https?:/.test(id) ? ["--id", id] : ["--vault-name", vault, "--name", name]),
      ...(version === undefined ? [] : ["--version", version]),
      ...["--query", "value", "--output", "tsv"],
    ];
  },
  kubernetesSecret: ({ id, mount }) => ["cat", `${mount ?? "/var/run/secrets"}/${id}`],
};

/** Command of a POSIX shell that prints a secret. */
export function printing(reference: SecretReference): string {
  const { env, file, exec } = reference;
  if (env !== undefined) return shellWords(["printenv", env]);
  if (file !== undefined) return shellWords(["cat", file]);
  if (exec !== undefined) return shellWords(exec);
  const [[store, of] = []] = Object.entries(reference) as [keyof SecretReference, StoredSecret][];
  const command = store && STORES[store];
  if (!command || of === undefined) throw new Error("internal: a secret says nothing of where it is");
  const stored = typeof of === "string" ? { id: of } : of;
  const { key } = stored;
  const picked = store === "vault" ? key === undefined && ONLY_FIELD : key !== undefined && fieldOf(key);
  return picked
    ? `${shellWords(command(stored))} | ${shellWords(["jq", "-r", ...picked])}`
    : shellWords(command(stored));
}

/** The store of Vault prints what it knows of a secret: in its first version `data`, in its second `data.data`. */
const ONLY_FIELD = ["(.data.data // .data)[]"];

function fieldOf(key: string): readonly string[] {
  return ["--arg", "key", key, ".[$key]"];
}

/** `warehouse`, `PASSWORD` → `WAREHOUSE_PASSWORD`: a name that every shell takes. */
export function variable(...parts: readonly string[]): string {
  return parts
    .join("_")
    .replace(/[^A-Za-z0-9]/g, "_")
    .toUpperCase()
    .replace(/^(?=\d)/, "_");
}

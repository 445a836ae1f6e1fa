import type { SecretReference, StoredSecret } from "../sql.ts";

const MANAGERS: Readonly<Record<string, string>> = {
  awsSecret: "AWS Secrets Manager",
  vault: "HashiCorp Vault",
  gcpSecret: "Google Secret Manager",
  azureSecret: "Azure Key Vault",
  kubernetesSecret: "a Secret of Kubernetes",
};

/** Where a secret is looked for, as a person looks for it; names between backticks. */
export function secretInWords(reference: SecretReference): string {
  const { env, file, exec } = reference;
  if (env !== undefined) return `the environment variable \`${env}\``;
  if (file !== undefined) return `the file \`${file}\``;
  if (exec !== undefined) return `what \`${exec.join(" ")}\` prints`;
  const [[field = "", stored] = []] = Object.entries(reference);
  const of = stored as StoredSecret;
  const { id, key } = typeof of === "string" ? { id: of, key: undefined } : of;
  return `${MANAGERS[field]}, \`${id}\`${key === undefined ? "" : `, field \`${key}\``}`;
}

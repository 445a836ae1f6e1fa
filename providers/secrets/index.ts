import type { SecretStores } from "../../core/secret.ts";

/** Every secret manager by the field of a reference that speaks of it, loaded when it is needed. */
export const STORES: SecretStores = {
  awsSecret: async () => (await import("./aws.ts")).awsSecrets,
  vault: async () => (await import("./vault.ts")).vault(),
  gcpSecret: async () => (await import("./gcp.ts")).gcpSecrets(),
  azureSecret: async () => (await import("./azure.ts")).azureSecrets(),
  kubernetesSecret: async () => (await import("./kubernetes.ts")).kubernetesSecrets,
};

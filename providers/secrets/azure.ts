/**
 * Azure Key Vault. Who asks is found as Azure's own clients do: a service principal of the environment, the workload
 * identity of a pod, the identity of the app service or of the machine.
 * https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret
 */
import { type SecretContext, type SecretStore, secretOfFile } from "../../core/secret-ways.ts";
import { type Answer, ask, once, type Question, textIn } from "./http.ts";

const MANAGER = "Azure Key Vault";
const VERSION = "7.4";
const AUDIENCE = "https://vault.azure.net";

/** `VAULT/NAME`, or the identifier of a secret: an URL, in which other clouds have other hosts. One token for all. */
export function azureSecrets(): SecretStore {
  const token = once(tokenOf);
  return async ({ id, version }, context) => {
    const [name, secret] = id.split("/");
    const base = /^https?:/.test(id) ? id.replace(/\/+$/, "") : `https://${name}.vault.azure.net/secrets/${secret}`;
    const about = `the secret ${id}`;
    const next = {
      401: "Check that the identity is one of the vault's tenant.",
      403: "Give the identity the role Key Vault Secrets User, and let the vault's firewall admit this network.",
    };
    const url = `${base}${version === undefined ? "" : `/${encodeURIComponent(version)}`}?api-version=${VERSION}`;
    const headers = { authorization: `Bearer ${await token(context)}` };
    const answer = await ask(MANAGER, "the name of the vault", { url, about, headers, next }, context);
    return textIn(answer, MANAGER, about, "value");
  };
}

async function tokenOf(context: SecretContext): Promise<string> {
  const { where, ...question } = await login(context);
  const answer: Answer = await ask(MANAGER, where, question, context);
  return textIn(answer, MANAGER, question.about, "access_token");
}

async function login(context: SecretContext): Promise<Question & { readonly where: string }> {
  const { env } = context;
  const { AZURE_CLIENT_ID: client, AZURE_TENANT_ID: tenant, AZURE_CLIENT_SECRET: secret } = env;
  if (client && tenant && (secret || env.AZURE_FEDERATED_TOKEN_FILE)) {
    const authority = (env.AZURE_AUTHORITY_HOST ?? "https://login.microsoftonline.com").replace(/\/+$/, "");
    const proof = secret
      ? { client_secret: secret }
      : {
          client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
          client_assertion: await secretOfFile(env.AZURE_FEDERATED_TOKEN_FILE as string, context),
        };
    const next = `Check AZURE_CLIENT_ID, AZURE_TENANT_ID and ${secret ? "AZURE_CLIENT_SECRET, which may have expired" : "the federated credential of the application"}.`;
    return {
      where: "AZURE_AUTHORITY_HOST",
      about: `a token for the application ${client}`,
      url: `${authority}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`,
      form: { grant_type: "client_credentials", client_id: client, scope: `${AUDIENCE}/.default`, ...proof },
      next: { 400: next, 401: next },
    };
  }
  const asked = new URLSearchParams({ resource: AUDIENCE, ...(client && { client_id: client }) });
  if (env.IDENTITY_ENDPOINT && env.IDENTITY_HEADER) {
    return {
      where: "IDENTITY_ENDPOINT",
      about: "a token for the identity of this app",
      url: `${env.IDENTITY_ENDPOINT}?api-version=2019-08-01&${asked}`,
      headers: { "x-identity-header": env.IDENTITY_HEADER },
    };
  }
  const host = (env.AZURE_POD_IDENTITY_AUTHORITY_HOST ?? "http://169.254.169.254").replace(/\/+$/, "");
  return {
    where:
      "AZURE_POD_IDENTITY_AUTHORITY_HOST. Elsewhere than on Azure's machines set AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET",
    about: "a token for the identity of this machine",
    url: `${host}/metadata/identity/oauth2/token?api-version=2018-02-01&${asked}`,
    headers: { metadata: "true" },
  };
}

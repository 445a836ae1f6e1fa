/**
 * Google Secret Manager. Who asks is found as Google's own clients do: a token of the environment, application default
 * credentials (service account, or a person's login), the metadata server of the machine.
 * https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/access
 */
import { createSign } from "node:crypto";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { type SecretContext, type SecretStore, Unresolved } from "../../core/secret-ways.ts";
import { ask, once, textIn } from "./http.ts";

const MANAGER = "Google Secret Manager";
const ADDRESS = "CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER";
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const EXCHANGE = "https://oauth2.googleapis.com/token";

/** One token for all of them. */
export function gcpSecrets(): SecretStore {
  const token = once(tokenOf);
  return async ({ id, version = "latest" }, context) => {
    const about = `the secret ${id}`;
    const location = /^projects\/[^/]+\/locations\/([^/]+)\//.exec(id)?.[1];
    const usual = `https://secretmanager.${location === undefined ? "" : `${location}.rep.`}googleapis.com`;
    const address = (context.env[ADDRESS] ?? usual).replace(/\/+$/, "");
    const url = `${address}/v1/${encodeURI(id)}/versions/${encodeURIComponent(version)}:access`;
    const headers = { authorization: `Bearer ${await token(context)}` };
    const next = { 403: "Give who asks the role roles/secretmanager.secretAccessor on it." };
    const answer = await ask(MANAGER, ADDRESS, { url, about, headers, next }, context);
    return Buffer.from(textIn(answer, MANAGER, about, "payload", "data"), "base64").toString("utf8");
  };
}

async function tokenOf(context: SecretContext): Promise<string> {
  const { env } = context;
  if (env.GOOGLE_OAUTH_ACCESS_TOKEN) return env.GOOGLE_OAUTH_ACCESS_TOKEN;
  const file = await credentials(context);
  if (file === undefined) return tokenOfMachine(context);
  const { path, fields } = file;
  const url = fields.token_uri ?? EXCHANGE;
  const about = `a token for ${fields.client_email ?? "the login"} of ${path}`;
  const form =
    fields.type === "service_account"
      ? { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: signed(fields, url, path) }
      : {
          grant_type: "refresh_token",
          client_id: fields.client_id ?? "",
          client_secret: fields.client_secret ?? "",
          refresh_token: fields.refresh_token ?? "",
        };
  const again = "The key may have been deleted, or the login may be too old: `gcloud auth application-default login`.";
  const answer = await ask(MANAGER, "token_uri", { url, about, form, next: { 400: again, 401: again } }, context);
  return textIn(answer, MANAGER, about, "access_token");
}

type Credentials = Readonly<Record<string, string | undefined>>;

async function credentials({
  env,
  cwd,
}: SecretContext): Promise<{ readonly path: string; readonly fields: Credentials } | undefined> {
  const named = env.GOOGLE_APPLICATION_CREDENTIALS;
  const folder = env.CLOUDSDK_CONFIG ?? join(env.HOME ?? homedir(), ".config", "gcloud");
  const path = named ?? join(folder, "application_default_credentials.json");
  const text = await readFile(resolve(cwd, path), "utf8").catch((problem: NodeJS.ErrnoException) => {
    if (named === undefined && problem.code === "ENOENT") return undefined;
    throw new Unresolved(`The credentials in ${path} cannot be read (${problem.code})`, "Check the file.");
  });
  if (text === undefined) return undefined;
  const fields = parsed(text);
  if (fields?.type === "service_account" || fields?.type === "authorized_user") return { path, fields };
  throw new Unresolved(
    `The credentials in ${path} are of no type that is known here`,
    "Known are service accounts and the login of `gcloud auth application-default login`. For others set GOOGLE_OAUTH_ACCESS_TOKEN to what `gcloud auth print-access-token` prints.",
  );
}

function parsed(text: string): Credentials | undefined {
  try {
    return JSON.parse(text) as Credentials;
  } catch {
    return undefined;
  }
}

/** https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests */
function signed(fields: Credentials, audience: string, path: string): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: fields.client_email, scope: SCOPE, aud: audience, iat: now, exp: now + 600 };
  const head = { alg: "RS256", typ: "JWT", ...(fields.private_key_id && { kid: fields.private_key_id }) };
  const text = [head, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  try {
    return `${text}.${createSign("RSA-SHA256")
      .update(text)
      .sign(fields.private_key ?? "", "base64url")}`;
  } catch {
    throw new Unresolved(`The private key in ${path} cannot be used`, "Make a new key of the service account.");
  }
}

/** https://cloud.google.com/compute/docs/metadata/querying-metadata */
async function tokenOfMachine(context: SecretContext): Promise<string> {
  const host = context.env.GCE_METADATA_HOST ?? "metadata.google.internal";
  const url = `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`;
  const about = "a token of this machine";
  const where =
    "GCE_METADATA_HOST. Elsewhere than on Google's machines set GOOGLE_APPLICATION_CREDENTIALS or GOOGLE_OAUTH_ACCESS_TOKEN";
  const answer = await ask(MANAGER, where, { url, about, headers: { "metadata-flavor": "Google" } }, context);
  return textIn(answer, MANAGER, about, "access_token");
}

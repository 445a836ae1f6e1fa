/**
 * HashiCorp Vault, key-value store of version 1 or 2; which it is says the mount itself. Who asks is said as with the
 * `vault` command: a token, or a role of the machine (AppRole, Kubernetes) that is exchanged for one.
 * https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2
 */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { type SecretContext, type SecretStore, secretOfFile, Unresolved } from "../../core/secret-ways.ts";
import { type Answer, ask, once, type Question, textIn } from "./http.ts";

const MANAGER = "HashiCorp Vault";
const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** One token per address and namespace. */
export function vault(): SecretStore {
  const servers = new Map<string, Server>();
  return async ({ id, address, namespace, version, key }, context) => {
    const { env } = context;
    const at = (address ?? env.VAULT_ADDR ?? "https://127.0.0.1:8200").replace(/\/+$/, "");
    const space = namespace ?? env.VAULT_NAMESPACE;
    const name = JSON.stringify([at, space]);
    const server = servers.get(name) ?? serverAt(at, space);
    servers.set(name, server);
    const fields = await server(id, version, context);
    const names = Object.keys(fields);
    if (key !== undefined) return JSON.stringify(fields);
    const [only] = names;
    if (only !== undefined && names.length === 1 && typeof fields[only] === "string") return fields[only];
    throw new Unresolved(
      `The secret ${id} of ${MANAGER} has ${names.length} fields`,
      `Say which with \`key\`: ${names.join(", ")}.`,
    );
  };
}

type Server = (id: string, version: string | undefined, context: SecretContext) => Promise<Answer>;

function serverAt(address: string, namespace: string | undefined): Server {
  const certificates = once(async ({ env, cwd }) =>
    env.VAULT_CACERT ? readFile(resolve(cwd, env.VAULT_CACERT), "utf8") : undefined,
  );
  const request = async (path: string, question: Omit<Question, "url">, context: SecretContext): Promise<Answer> =>
    ask(
      MANAGER,
      "VAULT_ADDR",
      {
        ...question,
        url: `${address}/v1/${path}`,
        headers: { "x-vault-request": "true", "x-vault-namespace": namespace, ...question.headers },
        ca: await certificates(context),
      },
      context,
    );
  const token = once(async (context) => {
    const login = await loginOf(context);
    if ("token" in login) return login.token;
    const about = `a token for ${login.as}`;
    const next = `Check ${login.set}, and that the role may log in.`;
    const answer = await request(login.path, { about, json: login.json, next: { 400: next, 403: next } }, context);
    return textIn(answer, MANAGER, about, "auth", "client_token");
  });
  return async (id, version, context) => {
    const about = `the secret ${id}`;
    const headers = { "x-vault-token": await token(context) };
    const next = { 403: "Check the token: it may have expired, or its policies do not let it read this path." };
    const path = encodeURI(id.replace(/^\/+/, ""));
    const mount = await request(`sys/internal/ui/mounts/${path}`, { about, headers, next }, context);
    const { path: prefix = "", options } = mount.data as { path?: string; options?: { version?: string } | null };
    const isSecond = options?.version === "2";
    const query = version === undefined ? "" : `?version=${encodeURIComponent(version)}`;
    const place = isSecond ? `${prefix}data/${path.slice(prefix.length)}${query}` : path;
    const { data } = await request(place, { about, headers, next }, context);
    const fields = isSecond ? (data as Answer | undefined)?.data : data;
    if (typeof fields === "object" && fields !== null) return fields as Answer;
    throw new Unresolved(`The secret ${id} of ${MANAGER} is empty`, "Check the path and the version.");
  };
}

type Login = { readonly token: string } | Exchange;

interface Exchange {
  readonly as: string;
  /** The settings that it comes from. */
  readonly set: string;
  readonly path: string;
  readonly json: Readonly<Record<string, string>>;
}

async function loginOf(context: SecretContext): Promise<Login> {
  const { env } = context;
  if (env.VAULT_TOKEN) return { token: env.VAULT_TOKEN };
  if (env.VAULT_ROLE_ID && env.VAULT_SECRET_ID) {
    const json = { role_id: env.VAULT_ROLE_ID, secret_id: env.VAULT_SECRET_ID };
    const path = `auth/${env.VAULT_AUTH_MOUNT ?? "approle"}/login`;
    return { as: "an AppRole", set: "VAULT_ROLE_ID and VAULT_SECRET_ID", path, json };
  }
  if (env.VAULT_KUBERNETES_ROLE) {
    const jwt = await secretOfFile(env.VAULT_KUBERNETES_TOKEN_FILE ?? SERVICE_ACCOUNT, context);
    const path = `auth/${env.VAULT_AUTH_MOUNT ?? "kubernetes"}/login`;
    const as = `the role ${env.VAULT_KUBERNETES_ROLE} of Kubernetes`;
    return { as, set: "VAULT_KUBERNETES_ROLE", path, json: { role: env.VAULT_KUBERNETES_ROLE, jwt } };
  }
  const kept = await readFile(join(env.HOME ?? homedir(), ".vault-token"), "utf8").catch(() => "");
  if (kept.trim() !== "") return { token: kept.trim() };
  throw new Unresolved(
    `There is no token for ${MANAGER}`,
    "Set VAULT_TOKEN, run `vault login`, or set VAULT_ROLE_ID and VAULT_SECRET_ID, or VAULT_KUBERNETES_ROLE.",
  );
}

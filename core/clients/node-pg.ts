/** A pool of node-postgres. https://node-postgres.com/apis/pool */
import type { Client, ClientSettings, ClientTls, Endpoint } from "./model.ts";
import { Code, JAVASCRIPT, literal, type Value } from "./quote.ts";

export const nodePg: Client = {
  title: "node-postgres",
  engines: ["postgresql"],
  file: (name) => `${name}.mjs`,
  comment: "//",
  replicas: true,
  write(settings) {
    const { replicas, tls } = settings;
    const pool = (at: Endpoint, margin = ""): string =>
      `new pg.Pool(${literal(JAVASCRIPT, configuration(settings, at), margin)})`;
    const reading = replicas.map((replica) => `  ${JAVASCRIPT.key(replica.name)}: ${pool(replica, "  ")},\n`);
    const readsFiles = tls.ca ?? tls.cert ?? tls.key;
    const text = `${readsFiles === undefined ? "" : 'import { readFileSync } from "node:fs";\n'}import pg from "pg";

export const pool = ${pool(settings)};
${reading.length === 0 ? "" : `\nexport const replicas = {\n${reading.join("")}};\n`}`;
    const preferred =
      "node-postgres knows no `tls.mode: prefer`: it encrypts, and does not connect to a server that cannot. Declare `require`, or `disable`.";
    return { text, notes: tls.mode === "prefer" ? [preferred] : [] };
  },
};

function configuration(settings: ClientSettings, { host, port }: Endpoint): Value {
  const { database, user, password, pool, pooled, applicationName, tls } = settings;
  return {
    host,
    port,
    database,
    user,
    ...(password !== undefined && { password: new Code(`process.env[${literal(JAVASCRIPT, password)}]`) }),
    application_name: applicationName,
    max: pool.size + pool.overflow,
    // A connection that is closed after its first use is in no pool, and yet there are never more than `max`.
    ...(pooled ? { maxUses: 1 } : { min: pool.size, maxLifetimeSeconds: Math.ceil(pool.recycle) }),
    connectionTimeoutMillis: pool.timeout * 1000,
    ssl: tlsOf(tls, host),
  };
}

/** https://nodejs.org/api/tls.html#tlsconnectoptions-callback */
function tlsOf({ mode, ca, cert, key }: ClientTls, host: string): Value {
  if (mode === "disable" || host.startsWith("/")) return false;
  const read = (path: string | undefined): Code | undefined =>
    path === undefined ? undefined : new Code(`readFileSync(${literal(JAVASCRIPT, path)}, "utf8")`);
  // As in libpq, authorities that are named are asked, even where the mode demands no more than encryption.
  const verifies = mode === "verify-full" || mode === "verify-ca" || (mode === "require" && ca !== undefined);
  return {
    rejectUnauthorized: verifies,
    // Unless it is told, Node compares the certificate of an address with the name localhost.
    ...(mode === "verify-full" ? { host } : { checkServerIdentity: new Code("() => undefined") }),
    ca: read(ca),
    cert: read(cert),
    key: read(key),
  } as Value;
}

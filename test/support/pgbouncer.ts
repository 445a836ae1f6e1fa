/** A PgBouncer of a test file, and certificates for it. */
import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll } from "@jest/globals";
import { type Pooler, type PoolerOptions, startPgBouncer } from "../../scripts/pgbouncer.ts";

export { missing, type Pooler, type PoolerOptions, version } from "../../scripts/pgbouncer.ts";

const started: Pooler[] = [];
afterAll(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
});

/** One for this test file alone; stopped after it. */
export async function startPooler(options: PoolerOptions = {}): Promise<Pooler> {
  const pooler = await startPgBouncer(options);
  started.push(pooler);
  return pooler;
}

export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority and a certificate for this machine, as files that everybody may read. */
export function certificates(folder: string, name = "server"): Certificates {
  const at = (file: string): string => join(folder, file);
  const openssl = (line: string): void => {
    execFileSync("openssl", line.split(" "), { cwd: folder, stdio: "ignore" });
  };
  const [ca, caKey, cert, key, request, extensions] = [
    at(`${name}-ca.crt`),
    at(`${name}-ca.key`),
    at(`${name}.crt`),
    at(`${name}.key`),
    at(`${name}.csr`),
    at(`${name}.ext`),
  ] as const;
  const elliptic = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
  openssl(`req -x509 ${elliptic} -keyout ${caKey} -out ${ca} -days 30 -subj /CN=${name}-ca`);
  openssl(`req ${elliptic} -keyout ${key} -out ${request} -subj /CN=localhost`);
  writeFileSync(extensions, "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  openssl(
    `x509 -req -in ${request} -CA ${ca} -CAkey ${caKey} -CAcreateserial -out ${cert} -days 30 -extfile ${extensions}`,
  );
  chmodSync(folder, 0o755);
  for (const path of [ca, cert, key]) chmodSync(path, 0o644);
  return { ca, cert, key };
}

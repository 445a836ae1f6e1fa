/** A data source behind a bastion: through the system's ssh, a real sshd and a real PostgreSQL with TLS. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "@jest/globals";
import type { EmbeddedPostgres } from "../scripts/embedded.ts";
import { authority, type Issued } from "./support/certificates.ts";
import { type Folder, folder, type Ran } from "./support/cli.ts";
import { freshServer } from "./support/server.ts";
import { type Bastion, describeSshd, sshd } from "./support/sshd.ts";

const PASSWORD = "canary-of-the-database";
const SCHEMA = "kind: Schema\nname: sales\n";

describeSshd("through a bastion", () => {
  let bastion: Bastion;
  let server: EmbeddedPostgres;
  let issued: Issued;

  beforeAll(async () => {
    issued = authority().issue({ names: ["db.internal"], addresses: ["127.0.0.1"] });
    [bastion, server] = await Promise.all([
      sshd(),
      freshServer({ auth: "scram-sha-256", password: PASSWORD, tls: issued }),
    ]);
  });

  interface Asked {
    readonly host?: string;
    readonly port?: number;
    readonly tls?: string;
    readonly tunnel?: string;
  }

  /** A data source that only the bastion is said to reach. */
  function source({ host = "127.0.0.1", port = server.port, tls, tunnel }: Asked = {}): string {
    const through =
      tunnel ?? `key: { file: ${bastion.folder}/key }, knownHosts: { file: ${bastion.folder}/known_hosts }`;
    return `kind: DataSource
name: warehouse
engine: postgresql
connection:
  host: ${host}
  port: ${port}
  database: postgres
  user: postgres
  password: { env: PASSWORD }
  tls: ${tls ?? "{ mode: verify-full, ca: { file: ca.pem } }"}
  tunnel: { host: 127.0.0.1, port: ${bastion.port}, user: ${bastion.user}, ${through} }
  retry: { attempts: 1 }
`;
  }

  function declared(text: string): Folder {
    const here = folder({ PASSWORD });
    here.write("ca.pem", issued.ca);
    here.write("a.yaml", `${text}---\n${SCHEMA}`);
    return here;
  }

  async function run(text: string, line: string): Promise<Ran> {
    const ran = await declared(text).run(line);
    expect(ran.out + ran.err).not.toContain("canary");
    expect(ran.out + ran.err).not.toContain("PRIVATE KEY");
    return ran;
  }

  /** What ours are still there: processes and folders. */
  async function left(): Promise<string[]> {
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const found = [...tunnels(), ...folders()];
      if (found.length === 0) return [];
      await new Promise((done) => setTimeout(done, 40));
    }
    return [...tunnels(), ...folders()];
  }

  const folders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("datumline-ssh-"));
  const tunnels = (): string[] =>
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ");
          return command.includes("datumline-ssh-") && command.startsWith("ssh ") ? [command] : [];
        } catch {
          return [];
        }
      });

  test("plans, applies and plans again, with names checked against the real host; nothing is left", async () => {
    const here = declared(source());
    expect((await here.run("apply -f . --yes")).err).not.toContain("error");
    const again = await here.run("plan -f . --detailed-exitcode");
    expect([again.code, again.err]).toEqual([0, ""]);
    expect(bastion.log()).toContain("Accepted publickey");
    expect(await left()).toEqual([]);
  });

  test("the certificate must be that of the real host, not of this end of the tunnel", async () => {
    // The bastion resolves it; the certificate does not have it.
    const ran = await run(source({ host: "localhost" }), "plan -f .");
    expect(ran.code).toBe(1);
    expect(ran.err).toContain("TLS_FAILED: Cannot connect to localhost");
    expect(ran.err).toContain("its certificate is for another name");
    const unchecked = await run(
      source({ host: "localhost", tls: "{ mode: verify-ca, ca: { file: ca.pem } }" }),
      "plan -f .",
    );
    expect(unchecked.code).toBe(0);
  });

  test.each([
    [
      "a key that it does not know",
      "Permission denied",
      "tunnel.key",
      "key: { file: $/other_key }, knownHosts: { file: $/known_hosts }",
    ],
    [
      "a bastion with another key",
      "Host key verification failed",
      "fingerprint",
      "key: { file: $/key }, knownHosts: { file: $/other_hosts }",
    ],
    [
      "a bastion that nobody knows",
      "Host key verification failed",
      "fingerprint",
      "key: { file: $/key }, knownHosts: { env: PASSWORD }",
    ],
    [
      "what is no key",
      "Permission denied",
      "tunnel.key",
      "key: { env: PASSWORD }, knownHosts: { file: $/known_hosts }",
    ],
  ])("%s: told with the next step", async (_, says, next, tunnel) => {
    const ran = await run(source({ tunnel: tunnel.replaceAll("$", bastion.folder) }), "plan -f .");
    expect(ran.code).toBe(1);
    expect(ran.err).toContain("TUNNEL_FAILED: The tunnel through 127.0.0.1 could not be opened");
    expect(ran.err).toContain(says);
    expect(ran.err).toContain(next);
    expect(await left()).toEqual([]);
  });

  test("is a step of `datumline connect`, and what is beyond the bastion is told apart from it", async () => {
    const told = await run(source(), "connect -f .");
    expect(told.code).toBe(0);
    expect(told.out).toMatch(/✓ tunnel +through 127\.0\.0\.1/);
    expect(told.out).toMatch(/✓ name resolution +127\.0\.0\.1, left to the bastion/);
    expect(told.out).toMatch(/✓ tls +TLSv1\.3.*trusted, for this name/);
    const beyond = await run(source({ port: 1 }), "connect -f .");
    expect(beyond.out).toMatch(/✗ tcp +The bastion does not reach 127\.0\.0\.1:1: Connection refused/);
    expect(beyond.err).toContain("TUNNEL_FAILED");
    const unencrypted = await run(source({ tls: "{ mode: disable }" }), "connect -f .");
    expect(unencrypted.out).toMatch(/! tls +not encrypted beyond the bastion/);
    expect(await left()).toEqual([]);
  });

  test("a server that the bastion does not reach", async () => {
    const ran = await run(source({ port: 1 }), "plan -f .");
    expect(ran.err).toContain("TUNNEL_FAILED: The bastion does not reach 127.0.0.1:1: Connection refused");
  });

  test("a bastion that is not there", async () => {
    const ran = await run(source().replace(`port: ${bastion.port}`, "port: 1"), "plan -f .");
    expect(ran.err).toMatch(/TUNNEL_FAILED: .*Connection refused/);
    expect(ran.err).toContain("tunnel.host");
  });

  test("a bastion that forwards nothing", async () => {
    const strict = await sshd(["AllowTcpForwarding no"]);
    const tunnel = `key: { file: ${strict.folder}/key }, knownHosts: { file: ${strict.folder}/known_hosts }`;
    const ran = await run(source({ tunnel }).replace(`port: ${bastion.port}`, `port: ${strict.port}`), "plan -f .");
    expect(ran.err).toContain("TUNNEL_FAILED: The bastion does not reach");
    expect(ran.err).toMatch(/administratively prohibited/);
  });

  test("a run that is killed leaves no tunnel, and the key is gone as soon as it has been read", async () => {
    const here = declared(source());
    writeFileSync(
      join(here.path, "hold.mjs"),
      `import { postgresql } from ${JSON.stringify(fileURLToPath(new URL("../providers/postgresql/engine.ts", import.meta.url)))};
import { readFileSync } from "node:fs";
const secret = async (one) => one.env ? process.env[one.env] : readFileSync(one.file, "utf8").trimEnd();
const connection = ${JSON.stringify({
        host: "127.0.0.1",
        port: server.port,
        database: "postgres",
        user: "postgres",
        password: { env: "PASSWORD" },
        tunnel: {
          host: "127.0.0.1",
          port: bastion.port,
          user: bastion.user,
          key: { file: join(bastion.folder, "key") },
          knownHosts: { file: join(bastion.folder, "known_hosts") },
        },
      })};
await postgresql.connect({ name: "w", engine: "postgresql", connection }, { secret, readOnly: true });
console.log("connected");
setInterval(() => {}, 1000);`,
    );
    const tsx = fileURLToPath(new URL("../node_modules/.bin/tsx", import.meta.url));
    const child = spawn(tsx, ["hold.mjs"], { cwd: here.path, env: { ...process.env, PASSWORD }, detached: true });
    let said = "";
    child.stderr.on("data", (text) => {
      said += text;
    });
    await new Promise<void>((done, fail) => {
      child.stdout.once("data", () => done());
      child.once("exit", () => fail(new Error(said)));
    });
    expect(tunnels()).toHaveLength(1);
    const [home] = folders();
    expect(existsSync(join(tmpdir(), home as string, "key"))).toBe(false);
    process.kill(-(child.pid as number), "SIGKILL");
    expect(await left()).toEqual([]);
  });
});

/**
 * A bastion on loopback: a real sshd (Debian's openssh-server) run by an ordinary user, who is the only one it lets in.
 * `const bastion = await sshd()`, then connect through `bastion.tunnel`.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll } from "@jest/globals";
import { SERVER_USER } from "../../providers/postgresql/scratch/binaries.ts";
import { unless } from "./skipping.ts";

const SSHD = ["/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd"].find(existsSync);

export interface Bastion {
  readonly port: number;
  readonly user: string;
  /** Private key that it lets in, and one that it does not know. */
  readonly key: string;
  readonly otherKey: string;
  /** Its own keys, as in `known_hosts`; and those of another. */
  readonly knownHosts: string;
  readonly otherHosts: string;
  /** Folder with files `key`, `other_key`, `known_hosts` and `other_hosts` of the same. */
  readonly folder: string;
  log(): string;
}

/** `describe`, where there is an sshd to run; elsewhere the suite says that it was skipped, and why. */
export function describeSshd(name: string, suite: () => void): void {
  unless(SSHD ? undefined : "there is no sshd (Debian: openssh-server)", name).suite(name, suite);
}

const running: { readonly child: ChildProcess; readonly folder: string }[] = [];
afterAll(() => {
  for (const { child, folder } of running.splice(0)) {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Starts one; `lines` are further lines of its configuration. */
export async function sshd(lines: readonly string[] = []): Promise<Bastion> {
  const folder = mkdtempSync(join(tmpdir(), "datumline-sshd-"));
  const port = await freePort();
  const path = (name: string): string => join(folder, name);
  for (const name of ["host", "other_host", "key", "other_key"])
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path(name)]);
  const read = (name: string): string => readFileSync(path(name), "utf8");
  const known = (name: string): string => `[127.0.0.1]:${port} ${read(`${name}.pub`)}`;
  const user = SERVER_USER ? "nobody" : userInfo().username;
  const files: Record<string, string> = {
    authorized: read("key.pub"),
    known_hosts: known("host"),
    other_hosts: known("other_host"),
    config: [
      ...lines,
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${path("host")}`,
      `AuthorizedKeysFile ${path("authorized")}`,
      "PidFile none",
      "StrictModes no",
      // Without it an account that has no password counts as locked, and that of the server's user has none.
      `UsePAM ${SERVER_USER ? "yes" : "no"}`,
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "LogLevel VERBOSE",
      "",
    ].join("\n"),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(path(name), text);
  if (SERVER_USER)
    for (const name of [".", ...readdirSync(folder)]) chownSync(path(name), SERVER_USER.uid, SERVER_USER.gid);
  const child = spawn(SSHD as string, ["-D", "-e", "-f", path("config")], {
    ...SERVER_USER,
    stdio: ["ignore", "ignore", "pipe"],
  });
  running.push({ child, folder });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  for (let attempt = 0; !log.includes("Server listening"); attempt += 1) {
    if (attempt > 300 || child.exitCode !== null) throw new Error(`sshd did not start:\n${log}`);
    await sleep(20);
  }
  return {
    port,
    user,
    folder,
    key: read("key"),
    otherKey: read("other_key"),
    knownHosts: files.known_hosts as string,
    otherHosts: files.other_hosts as string,
    log: () => log,
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

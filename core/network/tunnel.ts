/**
 * A way through a bastion host, by the system's `ssh`: a socket in a folder that nobody else may enter leads to the server.
 * It lasts as long as somebody uses it and no longer than this process: a shell owns ssh, and when its pipe to us closes,
 * because nobody needs it any more or because this process ended in any way, it ends ssh and removes the folder.
 * https://man.openbsd.org/ssh
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { error } from "../diagnostic.ts";
import { Refusal } from "../errors.ts";
import type { DataSource } from "../specs.ts";
import type { SecretReference } from "../sql.ts";

/** Leads to a server; `to` is `HOST:PORT`, or a path, as the bastion sees it. */
export type Tunnel = (to: string) => Promise<Way>;

/** One use of a tunnel. */
export interface Way {
  /** A socket that leads to the server, whatever it is told to connect to. */
  socket(): Socket;
  /** Why the bastion did not reach the server, as far as ssh said anything of it. */
  whyNot(): Promise<string | undefined>;
  /** The tunnel ends with its last use. */
  leave(): void;
}

export interface TunnelOptions {
  readonly secret: (reference: SecretReference) => Promise<string>;
  /** Milliseconds until the attempt is given up. */
  readonly patience: number;
}

type Given = NonNullable<DataSource["connection"]["tunnel"]>;

/** The tunnel of a data source; opened when it is first used, and shared by all who go to the same place. */
export function tunnelThrough(given: Given, options: TunnelOptions): Tunnel {
  const open = new Map<string, { users: number; readonly ssh: Promise<Ssh> }>();
  return async (to) => {
    const one = open.get(to) ?? { users: 0, ssh: start(given, to, options, () => open.delete(to)) };
    open.set(to, one);
    one.users += 1;
    const leave = (): void => {
      one.users -= 1;
      if (one.users > 0) return;
      if (open.get(to) === one) open.delete(to);
      one.ssh.then(({ end }) => end()).catch(() => undefined);
    };
    try {
      const { path, said } = await one.ssh;
      return {
        socket: () => new TunnelSocket(path),
        async whyNot() {
          // ssh tells it and closes the connection at the same time.
          await sleep(50);
          return /open failed: (?:connect failed: )?(.+)/.exec(said())?.[1]?.trim();
        },
        leave: once(leave),
      };
    } catch (problem) {
      leave();
      throw problem;
    }
  };
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}

/** The driver names the real host, which names and certificates are checked against; the bytes go through the tunnel. */
class TunnelSocket extends Socket {
  readonly #path: string;

  constructor(path: string) {
    super();
    this.#path = path;
  }

  override connect(): this {
    return super.connect({ path: this.#path });
  }
}

interface Ssh {
  readonly path: string;
  readonly said: () => string;
  readonly end: () => void;
}

/** `$1` is the folder; the rest is the command. Standard input is the pipe: nothing comes through it but its end. */
const OWNER = `
home=$1
shift
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
(read -r _ <&3; kill "$child") 2>/dev/null &
reader=$!
wait "$child"
code=$?
kill "$reader" 2>/dev/null
rm -rf "$home"
exit "$code"
`;

async function start(given: Given, to: string, { secret, patience }: TunnelOptions, gone: () => void): Promise<Ssh> {
  const home = await mkdtemp(join(tmpdir(), "datumline-ssh-"));
  const key = join(home, "key");
  const path = join(home, "socket");
  let child: ChildProcess;
  try {
    const files: Record<string, string> = {};
    if (given.key) files.key = await secret(given.key);
    if (given.knownHosts) files.known_hosts = await secret(given.knownHosts);
    // OpenSSH does not take a key whose last line has no end.
    for (const [name, text] of Object.entries(files)) await writeFile(join(home, name), `${text}\n`, { mode: 0o600 });
    const args = ["-c", OWNER, "sh", home, "ssh", ...words(given, home, `${path}:${to}`, patience)];
    child = spawn("/bin/sh", args, { stdio: ["pipe", "ignore", "pipe"], detached: true });
  } catch (problem) {
    await rm(home, { recursive: true, force: true });
    throw problem;
  }
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = `${said}${text}`.slice(-4000);
  });
  let ended = false;
  child.once("error", () => {
    ended = true;
  });
  child.once("close", () => {
    ended = true;
    gone();
  });
  const end = (): void => void child.stdin?.destroy();
  const deadline = Date.now() + patience;
  while (!existsSync(path)) {
    if (ended || Date.now() > deadline) {
      end();
      throw refusal(given, ended ? lastLine(said) : `no answer within ${patience / 1000} s`);
    }
    await sleep(10);
  }
  // It has been read; what is not there cannot be taken.
  await rm(key, { force: true });
  // Whoever forgets to leave can still end: the pipe closes with the process.
  child.unref();
  for (const stream of [child.stdin, child.stderr]) (stream as Socket | null)?.unref();
  return { path, said: () => said, end };
}

/** What is not said here is taken from the user's own configuration of ssh; what would ask or fork is switched off. */
function words({ host, port, user, key, knownHosts }: Given, home: string, leads: string, patience: number): string[] {
  const options = [
    "BatchMode=yes",
    "ExitOnForwardFailure=yes",
    "StrictHostKeyChecking=yes",
    "UpdateHostKeys=no",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=3",
    `ConnectTimeout=${Math.max(1, Math.ceil(patience / 1000))}`,
    "ControlMaster=no",
    "ControlPath=none",
    "ForkAfterAuthentication=no",
    "PermitLocalCommand=no",
    ...(key ? [`IdentityFile="${join(home, "key")}"`, "IdentitiesOnly=yes"] : []),
    ...(knownHosts ? [`UserKnownHostsFile="${join(home, "known_hosts")}"`, "GlobalKnownHostsFile=none"] : []),
  ];
  return [
    "-N",
    "-T",
    "-L",
    leads,
    ...options.flatMap((option) => ["-o", option]),
    ...(port === undefined ? [] : ["-p", `${port}`]),
    ...(user === undefined ? [] : ["-l", user]),
    "--",
    host,
  ];
}

function lastLine(said: string): string {
  const lines = said.split("\n").map((line) => line.trim());
  return lines.findLast((line) => line !== "" && !line.startsWith("Warning:")) ?? "ssh ended without a word";
}

const NEXT: readonly (readonly [RegExp, string])[] = [
  [
    /permission denied|too many authentication/i,
    "Check `tunnel.user` and `tunnel.key`, and that the bastion knows the key.",
  ],
  [
    /host key|remote host identification/i,
    "Compare the fingerprint with that of the bastion (`ssh-keyscan` prints its keys), then add it to `tunnel.knownHosts` or to your known_hosts.",
  ],
  [/resolve hostname/i, "Check `tunnel.host`: it is a name that resolves here, or a `Host` of your SSH configuration."],
  [/refused|timed out|no answer|unreachable/i, "Check `tunnel.host` and `tunnel.port`, and firewalls in between."],
  [/prohibited|forward/i, "Allow forwarding on the bastion (`AllowTcpForwarding`, `PermitOpen` of sshd)."],
  [/key|libcrypto|identity/i, "Check `tunnel.key`: a private key in OpenSSH or PEM form, without a passphrase."],
  [/not found/i, "Install OpenSSH (`ssh`), or leave `tunnel` out."],
];

function refusal({ host }: Given, said: string): Refusal {
  const detail = NEXT.find(([pattern]) => pattern.test(said))?.[1] ?? `Try it by hand: ssh -N ${host}`;
  return new Refusal([error("TUNNEL_FAILED", `The tunnel through ${host} could not be opened: ${said}`, { detail })]);
}

/**
 * The first words with a server, before any login: does somebody answer, and with which certificate? A connection of its own
 * that is closed again. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL
 */
import { once } from "node:events";
import { isIP, Socket } from "node:net";
import { connect as encrypt, type ConnectionOptions as TlsOptions } from "node:tls";
import { now } from "../../core/clock.ts";
import { error } from "../../core/diagnostic.ts";
import { Refusal } from "../../core/errors.ts";
import { type Shown, shownBy } from "../../core/network/certificate.ts";
import type { Way } from "../../core/network/tunnel.ts";
import type { Endpoint } from "./client.ts";
import { bastionRefusal } from "./failures.ts";

/** Asks for encryption: length, and the number that stands for it. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/** A server that has answered. */
export interface Greeted {
  readonly socket: Socket;
  /** It offers encryption, and waits for it to begin. */
  readonly offersTls: boolean;
}

/** Connects and asks for encryption, which every server and pooler answers before it asks who one is. */
export async function greet({ host, port, config }: Endpoint, way: Way | undefined): Promise<Greeted> {
  const where = `${host}:${port}`;
  const socket = (way?.socket() ?? new Socket()).on("error", () => undefined);
  const signal = AbortSignal.timeout(config.connectionTimeoutMillis ?? 10_000);
  let isOpen = false;
  try {
    socket.connect(host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host, port });
    await once(socket, "connect", { signal });
    isOpen = true;
    socket.write(SSL_REQUEST);
    const [answer] = (await Promise.race([once(socket, "data", { signal }), once(socket, "close", { signal })])) as [
      Buffer | boolean,
    ];
    const word = typeof answer === "boolean" ? "" : answer.toString("latin1");
    if (word === "S" || word === "N") return { socket, offersTls: word === "S" };
    if (word === "") throw await dropped(where, way);
    const detail = "Check the port: something else listens there.";
    throw new Refusal([error("CONNECTION_FAILED", `What answers at ${where} is no PostgreSQL`, { detail })]);
  } catch (problem) {
    socket.destroy();
    if (problem instanceof Refusal) throw problem;
    const { code } = problem as NodeJS.ErrnoException;
    // Which of them it is depends on whether our words were under way.
    if (code === "ECONNRESET" || code === "EPIPE") throw await dropped(where, way);
    throw signal.aborted ? silent(where, isOpen) : refused(where, `${code}`);
  }
}

const WHY: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOENT: "there is no socket",
  EACCES: "the socket may not be used",
  EHOSTUNREACH: "there is no way to the host",
  ENETUNREACH: "there is no way to the network",
};

function refused(where: string, code: string): Refusal {
  const detail = "Check the port, that the server runs and listens on this address, and firewalls in between.";
  const why = WHY[code] === undefined ? code : `${WHY[code]} (${code})`;
  return new Refusal([error("CONNECTION_REFUSED", `${where}: ${why}`, { detail })]);
}

function silent(where: string, isOpen: boolean): Refusal {
  const detail = isOpen
    ? "Something takes connections there and says nothing: a load balancer without a server behind it, or a server that hangs."
    : "A firewall drops what is sent there, or the host is off. Check security groups, routes and the address.";
  return new Refusal([error("CONNECTION_REFUSED", `${where}: no answer in time`, { detail })]);
}

async function dropped(where: string, way: Way | undefined): Promise<Refusal> {
  const unreached = await bastionRefusal(way, where);
  if (unreached) return unreached;
  const detail = "A proxy or firewall closes it, or the server does as soon as it is asked: look into its log.";
  return new Refusal([error("CONNECTION_FAILED", `${where} closes the connection as soon as it is open`, { detail })]);
}

/** Encrypts the connection without refusing anything, to see what the server shows; ends it. */
export async function shownTo(
  { socket }: Greeted,
  { host, config }: Endpoint,
  options: Pick<TlsOptions, "ca" | "cert" | "key">,
): Promise<Shown> {
  const encrypted = encrypt({
    ...options,
    socket,
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ...(isIP(host) === 0 && { servername: host }),
  }).on("error", () => undefined);
  try {
    await once(encrypted, "secureConnect", { signal: AbortSignal.timeout(config.connectionTimeoutMillis ?? 10_000) });
    return shownBy(encrypted, host, now());
  } finally {
    encrypted.destroy();
    socket.destroy();
  }
}

/** What a connection's failures mean, whether they may pass, and what to do. */
import type { Code } from "../../core/codes.ts";
import { error } from "../../core/diagnostic.ts";
import { Refusal } from "../../core/errors.ts";
import { meaningOf } from "../../core/network/certificate.ts";
import type { Way } from "../../core/network/tunnel.ts";

type Meaning = readonly [code: Code, next: string];

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const BY_SQLSTATE: Readonly<Record<string, Meaning>> = {
  "28P01": ["LOGIN_FAILED", "Check the user, and where its password comes from."],
  "28000": [
    "LOGIN_FAILED",
    "The server has no rule that lets this user in from here (pg_hba.conf), or the role may not log in.",
  ],
  "3D000": ["LOGIN_FAILED", "Check the name of the database, or create it."],
  "42501": ["LOGIN_FAILED", "Grant the role CONNECT on the database."],
  "53300": [
    "TOO_MANY_CONNECTIONS",
    "End connections that nobody uses, make pools smaller, or put a pooler in front of the server.",
  ],
  "57P03": ["CONNECTION_FAILED", "The server is starting, recovering or shutting down; try again."],
};

const BY_ERRNO: Readonly<Record<string, Meaning>> = {
  ECONNREFUSED: ["CONNECTION_REFUSED", "Nothing listens there. Check host and port, and that the server runs."],
  ENOTFOUND: ["CONNECTION_REFUSED", "The host name does not resolve."],
  EAI_AGAIN: ["CONNECTION_REFUSED", "The host name could not be resolved; try again."],
  ENOENT: ["CONNECTION_REFUSED", "There is no socket there. Check the directory and that the server runs."],
  EHOSTUNREACH: ["CONNECTION_REFUSED", "The host cannot be reached from here."],
  ETIMEDOUT: ["CONNECTION_REFUSED", "The host does not answer; a firewall may keep you out."],
};

/** It was open, and ended before anything was answered. */
const BROKE =
  "The log of the server says why, if it was the server: a restart, a crash, somebody who ended the session. If the log says nothing, look between: a firewall, proxy or load balancer that closes connections. Where it passes by itself, `connection.retry` tries again.";

/** Did the bastion not reach the server? */
export async function bastionRefusal(way: Way | undefined, where: string): Promise<Refusal | undefined> {
  const why = await way?.whyNot();
  if (why === undefined) return undefined;
  const detail = "Check host and port as the bastion sees them, and firewalls between the two.";
  return new Refusal([error("TUNNEL_FAILED", `The bastion does not reach ${where}: ${why}`, { detail })]);
}

/** The failure to connect, or of a connection that broke, as the user is to read it. */
export function connectionRefusal(problem: unknown, where: string): Refusal {
  if (problem instanceof Refusal) return problem;
  const { code = "", message, errors } = problem as { code?: string; message: string; errors?: Error[] };
  const text = message || errors?.map((one) => one.message).join("; ") || String(code);
  const tls = meaningOf(code);
  if (tls) return new Refusal([error("TLS_FAILED", `Cannot connect to ${where}: ${tls[0]}`, { detail: tls[1] })]);
  if (isBroken(code, text))
    return new Refusal([error("CONNECTION_FAILED", `The connection to ${where} broke: ${text}`, { detail: BROKE })]);
  const [known, detail] = BY_SQLSTATE[code] ?? BY_ERRNO[code] ?? byMessage(text);
  return new Refusal([error(known, `Cannot connect to ${where}: ${text}`, { detail })]);
}

/** A server that wants a password, and nobody gave one; undefined for any other failure. */
export function withoutPassword(problem: unknown, where: string): Refusal | undefined {
  const { code, message = "" } = problem as { code?: string; message?: string };
  if (code !== "28P01" && !/^SASL: .* password must be a (non-empty )?string/.test(message)) return undefined;
  const summary = `Cannot connect to ${where}: the server asks for a password, and none was given`;
  const detail =
    "Put it into `PGPASSWORD` or `~/.pgpass`, refer to it in `connection.password`, or give a URL with a password: `--url env:NAME`.";
  return new Refusal([error("LOGIN_FAILED", summary, { detail })]);
}

function isBroken(code: string, message: string): boolean {
  // The driver says the same of one that never came to be.
  return BROKEN.has(code) || (/^Connection terminated/.test(message) && !/timeout/.test(message));
}

/** What a PgBouncer says, with one SQLSTATE for all. */
const BY_POOLER: readonly (readonly [RegExp, ...Meaning])[] = [
  [
    /^not allowed$/,
    "LOGIN_FAILED",
    "It is the console of a PgBouncer, which lets in whom `admin_users` or `stats_users` of its configuration names.",
  ],
  [
    /^no such (database|user)/,
    "LOGIN_FAILED",
    "The pooler knows no such name: check `connection.database` and `connection.user`, or declare a pool for it.",
  ],
  [
    /^no authentication method is found$/,
    "LOGIN_FAILED",
    "The pooler has no rule that lets this user in from here: see its `auth_hba_file`.",
  ],
  [
    /^(no more connections allowed|client connections exceeded)/,
    "TOO_MANY_CONNECTIONS",
    "The pooler takes no more clients: end some, or raise `maxClients` of its PoolerSettings.",
  ],
];

function byMessage(message: string): Meaning {
  const pooler = BY_POOLER.find(([words]) => words.test(message));
  if (pooler) return [pooler[1], pooler[2]];
  if (/password|SASL|SCRAM/i.test(message))
    return ["LOGIN_FAILED", "The server asks for a password: check where the document takes it from."];
  if (/does not support SSL/.test(message))
    return ["TLS_FAILED", "Switch encryption on at the server, or lower `tls.mode` where the network is your own."];
  if (/SSL|TLS|certificate|self.signed/i.test(message))
    return ["TLS_FAILED", "Check `tls.mode`, `tls.ca`, and `tls.cert` with `tls.key` where the server asks for them."];
  if (/timeout/i.test(message))
    return ["CONNECTION_REFUSED", "The host does not answer in time; a firewall may keep you out."];
  return ["CONNECTION_FAILED", "`datumline connect` tests the connection step by step."];
}

const BROKEN = new Set(["57P01", "57P02", "08006", "ECONNRESET", "EPIPE"]);
const PASSING = new Set([...BROKEN, "53300", "57P03", "ECONNREFUSED", "EAI_AGAIN"]);

/** Is it worth trying again: a server that starts or is full, a connection that broke, a name server that is busy? */
export function mayPass(problem: unknown): boolean {
  const { code = "", message = "", errors = [] } = problem as { code?: string; message?: string; errors?: unknown[] };
  return PASSING.has(code) || /^Connection terminated/.test(message) || errors.some(mayPass);
}

/** The way to whatever speaks PostgreSQL's protocol, a pooler included, up to its login: each step by name. */
import type { ConnectionOptions as TlsOptions } from "node:tls";
import { error, warning } from "../../../core/diagnostic.ts";
import { type Certificate, meaningOf, refusedBy, type Shown } from "../../../core/network/certificate.ts";
import { type Outcome, resolveName, type Step } from "../../../core/network/steps.ts";
import type { Way } from "../../../core/network/tunnel.ts";
import type { DataSource } from "../../../core/specs.ts";
import { type Endpoint, wayTo } from "../client.ts";
import { type Greeted, greet, shownTo } from "../greeting.ts";

/** Days before the end of a certificate from which on it is told. */
const SOON = 30;

/** What was learned on the way. */
export interface Reached {
  readonly at: Endpoint;
  way?: Way;
  greeted?: Greeted;
  shown?: Shown;
}

/** Steps of reaching it; what they learn is put into `reached`, and let go of by `leave`. */
export function reachSteps(reached: Reached, { connection }: DataSource): Step[] {
  const { at } = reached;
  const { tunnel } = connection;
  const through: Step[] = tunnel ? [["tunnel", () => enter(reached, tunnel.host)]] : [];
  return [
    ...through,
    ["name resolution", () => name(at, tunnel !== undefined)],
    ["tcp", () => answer(reached)],
    ["tls", () => encryption(reached)],
  ];
}

/** Ends what was opened on the way. */
export function leave({ way, greeted }: Reached): void {
  greeted?.socket.destroy();
  way?.leave();
}

async function enter(reached: Reached, bastion: string): Promise<Outcome> {
  const way = await wayTo(reached.at);
  if (way) reached.way = way;
  return { result: `through ${bastion}` };
}

async function name({ host }: Endpoint, isTunnelled: boolean): Promise<Outcome> {
  if (host.startsWith("/")) return { result: `Unix socket in ${host}` };
  return isTunnelled ? { result: `${host}, left to the bastion` } : resolveName(host);
}

async function answer(reached: Reached): Promise<Outcome> {
  const { at, way } = reached;
  reached.greeted = await greet(at, way);
  return { result: at.host.startsWith("/") ? "the socket answers" : `port ${at.port} is open and answers` };
}

async function encryption(reached: Reached): Promise<Outcome> {
  const { at, way } = reached;
  const greeted = reached.greeted as Greeted;
  const ssl = at.config.ssl as TlsOptions | false | undefined;
  if (ssl === false || !greeted.offersTls) {
    greeted.socket.destroy();
    return plain(at, ssl, way !== undefined);
  }
  const { ca, cert, key } = ssl ?? {};
  const shown = await shownTo(greeted, at, { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) });
  reached.shown = shown;
  const options = ssl ?? { rejectUnauthorized: false };
  const ends = nextToEnd(shown.chain);
  const facts = { ...shown, chain: shown.chain.map((one) => ({ ...one })), ...(ends && { days: ends.days }) };
  const reason = refusedBy(shown, options);
  if (reason !== undefined) {
    const [what, detail] = meaningOf(reason) ?? [`its certificate is refused (${reason})`, "Look at it with openssl."];
    const named = what.endsWith("another name") ? `${what}: ${shown.mismatch}` : `${what} (${words(shown)})`;
    const summary = `${at.host}: ${named}`;
    return { result: summary, facts, diagnostic: error("TLS_FAILED", summary, { detail }) };
  }
  const checked = options.rejectUnauthorized === false ? "not checked" : checkedFor(options);
  const result = `${shown.version}, ${shown.cipher}; ${words(shown)}, ${checked}`;
  if (!ends || ends.days >= SOON) return { result, facts };
  const summary = `The certificate of ${ends.subject} ${ends.days < 0 ? "has ended" : `ends in ${ends.days} days`}, on ${ends.until.slice(0, 10)}`;
  const detail = "Renew it on the server; PostgreSQL takes a new file after `SELECT pg_reload_conf()`.";
  return { result, facts, diagnostic: warning("CERTIFICATE_EXPIRES", summary, { detail }) };
}

/** A CA that signs itself is not the server's to renew. */
function nextToEnd(chain: readonly Certificate[]): Certificate | undefined {
  const own = chain.filter(({ subject, issuer }, index) => index === 0 || subject !== issuer);
  return own.reduce<Certificate | undefined>((a, b) => (a && a.until <= b.until ? a : b), undefined);
}

function words({ chain: [first] }: Shown): string {
  if (!first) return "no certificate";
  const left = first.days < 0 ? `ended ${-first.days - 1} days ago` : `${first.days} days left`;
  return `certificate of ${first.subject} by ${first.issuer}, ${left}`;
}

function checkedFor(options: TlsOptions): string {
  return options.checkServerIdentity ? "trusted, name not checked" : "trusted, for this name";
}

function plain({ host }: Endpoint, ssl: TlsOptions | false | undefined, isTunnelled: boolean): Outcome {
  if (ssl !== false && ssl !== undefined) {
    const summary = `${host} offers no encryption`;
    const detail = "Switch it on at the server (`ssl = on`), or lower `tls.mode` where the network is your own.";
    return { result: summary, diagnostic: error("TLS_FAILED", summary, { detail }) };
  }
  const isLocal = host.startsWith("/") || host === "localhost" || host.startsWith("127.") || host === "::1";
  if (isLocal && !isTunnelled) return { result: "not encrypted; the connection stays on this machine" };
  const detail = "Passwords and data can be read on the way. Set `tls: { mode: verify-full }`.";
  const beyond = isTunnelled ? "not encrypted beyond the bastion" : "not encrypted";
  return { result: beyond, diagnostic: warning("TLS_FAILED", `The connection is ${beyond}`, { detail }) };
}

/** What a server shows of itself when a connection is encrypted, and what is wrong with it. */
import { type ConnectionOptions, checkServerIdentity, type DetailedPeerCertificate, type TLSSocket } from "node:tls";

export interface Shown {
  /** `TLSv1.3`. */
  readonly version: string;
  readonly cipher: string;
  /** From the server's own to the last that is known; none where it was not shown. */
  readonly chain: readonly Certificate[];
  /** Why it is not trusted, as OpenSSL calls it. */
  readonly distrust?: string;
  /** Why it is not the host's, where it is not. */
  readonly mismatch?: string;
}

export interface Certificate {
  readonly subject: string;
  readonly issuer: string;
  readonly from: string;
  readonly until: string;
  /** Whole days left. */
  readonly days: number;
}

/** Read from a connection that was made without refusing anything. */
export function shownBy(socket: TLSSocket, host: string, now: Date): Shown {
  const peer = socket.getPeerCertificate(true);
  const chain: Certificate[] = [];
  const seen = new Set<string>();
  for (
    let at: DetailedPeerCertificate | undefined = peer;
    at?.raw && !seen.has(at.fingerprint256);
    at = at.issuerCertificate
  ) {
    seen.add(at.fingerprint256);
    chain.push(certificate(at, now));
  }
  const { name, version } = socket.getCipher();
  const distrust = socket.authorizationError as unknown as string | Error | null;
  const mismatch = chain.length > 0 ? checkServerIdentity(host, peer) : undefined;
  return {
    version: socket.getProtocol() ?? version,
    cipher: name,
    chain,
    ...(distrust && { distrust: distrust instanceof Error ? distrust.message : distrust }),
    ...(mismatch && { mismatch: mismatch.message }),
  };
}

function certificate({ subject, issuer, valid_from, valid_to }: DetailedPeerCertificate, now: Date): Certificate {
  const until = new Date(valid_to);
  return {
    subject: named(subject),
    issuer: named(issuer),
    from: new Date(valid_from).toISOString(),
    until: until.toISOString(),
    days: Math.floor((until.getTime() - now.getTime()) / 86_400_000),
  };
}

function named(name: DetailedPeerCertificate["subject"] | undefined): string {
  const { CN, O } = (name ?? {}) as { CN?: string | string[]; O?: string | string[] };
  return [CN ?? O ?? "without a name"].flat().join(", ");
}

/** What a failure of TLS means, by the codes of Node.js and OpenSSL, and what to do. */
const MEANING: Readonly<Record<string, readonly [string, string]>> = {
  CERT_HAS_EXPIRED: ["its certificate has expired", "Renew the certificate on the server."],
  CERT_NOT_YET_VALID: ["its certificate is not valid yet", "Check the clock here and on the server."],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    "its certificate is for another name",
    "Connect by a name that the certificate has, or have one made for this name; `tls.mode: verify-ca` does without the name.",
  ],
  ...untrusted(
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "UNABLE_TO_GET_ISSUER_CERT",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "CERT_UNTRUSTED",
    "CERT_SIGNATURE_FAILURE",
    "INVALID_CA",
  ),
  CERT_REVOKED: ["its certificate was revoked", "Have a new one made."],
};

function untrusted(...codes: readonly string[]): Record<string, readonly [string, string]> {
  const means = [
    "its certificate is not signed by a CA that is trusted here",
    "Name the CA that signed it with `tls.ca`; a cloud provider has a file of its own to download.",
  ] as const;
  return Object.fromEntries(codes.map((code) => [code, means]));
}

/** Words and next step for what OpenSSL or Node.js says; undefined where it is nothing about certificates. */
export function meaningOf(code: string): readonly [string, string] | undefined {
  return MEANING[code];
}

/** What stands in the way of the connection under these options; undefined where nothing does. */
export function refusedBy(shown: Shown, options: ConnectionOptions): string | undefined {
  if (options.rejectUnauthorized === false) return undefined;
  if (shown.distrust !== undefined) return shown.distrust;
  const checksName = options.checkServerIdentity === undefined;
  return checksName && shown.mismatch !== undefined ? "ERR_TLS_CERT_ALTNAME_INVALID" : undefined;
}

/** Does the pooler really serve the certificate that it says? A key that it cannot read it tells to its log alone. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Endpoint } from "../postgresql/client.ts";

/** The request for encryption. https://www.postgresql.org/docs/current/protocol-message-formats.html */
const REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** What is wrong with it, in words. */
export async function serves({ host, port, config }: Endpoint, certificate: string): Promise<string | undefined> {
  if (host.startsWith("/")) return undefined;
  const socket = connectTcp({ host, port });
  socket.setTimeout(config.connectionTimeoutMillis ?? 10_000, () => socket.destroy(new Error("no answer in time")));
  try {
    if ((await answerOf(socket)) !== "S")
      return "it refuses to encrypt: it could not read its certificate or its key; the key must be readable by the pooler's own user";
    const shown = await shownBy(socket);
    const expected = fingerprintOf(certificate);
    return expected === undefined || shown === expected
      ? undefined
      : `it shows another certificate than ${certificate}: it could not read that or its key, and keeps the former`;
  } catch (problem) {
    return `no encrypted connection could be made: ${(problem as Error).message}`;
  } finally {
    socket.destroy();
  }
}

function answerOf(socket: Socket): Promise<string> {
  return new Promise((done, fail) => {
    socket.once("error", fail);
    socket.once("connect", () => socket.write(REQUEST));
    socket.once("data", (data) => done(data.toString("latin1", 0, 1)));
    socket.once("close", () => fail(new Error("the connection was closed")));
  });
}

/** Fingerprint of the certificate that it shows; whether it is to be trusted is another question. */
function shownBy(socket: Socket): Promise<string> {
  return new Promise((done, fail) => {
    const secured = connectTls({ socket, rejectUnauthorized: false, checkServerIdentity: () => undefined }, () => {
      done(secured.getPeerCertificate().fingerprint256);
      secured.destroy();
    });
    secured.once("error", fail);
  });
}

function fingerprintOf(path: string): string | undefined {
  try {
    return new X509Certificate(readFileSync(path)).fingerprint256;
  } catch {
    // It may lie where only the pooler sees it.
    return undefined;
  }
}

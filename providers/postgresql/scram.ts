/** SCRAM-SHA-256 verifiers as PostgreSQL keeps them. https://www.rfc-editor.org/rfc/rfc5803, https://www.postgresql.org/docs/current/catalog-pg-authid.html */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";

const ITERATIONS = 4096;

/** `SCRAM-SHA-256$4096:salt$StoredKey:ServerKey` of a password; another one each time. */
export function verifier(password: string): string {
  return verifierWith(password, randomBytes(16), ITERATIONS);
}

function verifierWith(password: string, salt: Buffer, iterations: number): string {
  const salted = pbkdf2Sync(prepared(password), salt, iterations, 32, "sha256");
  const stored = createHash("sha256").update(hmac(salted, "Client Key")).digest("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${stored}:${hmac(salted, "Server Key").toString("base64")}`;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** SASLprep as far as it changes what people choose: compatibility forms are one. */
function prepared(password: string): string {
  return password.normalize("NFKC");
}

/** Is the verifier that the server holds one of this password? */
export function verifies(held: string | null, password: string): boolean {
  const parts = /^SCRAM-SHA-256\$(\d+):([^$]+)\$/.exec(held ?? "");
  if (!held || !parts) return false;
  const mine = Buffer.from(verifierWith(password, Buffer.from(parts[2] as string, "base64"), Number(parts[1])));
  const theirs = Buffer.from(held);
  return mine.length === theirs.length && timingSafeEqual(mine, theirs);
}

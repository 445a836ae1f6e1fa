import { hash as digest } from "node:crypto";

/** Hash of a text or of anything that JSON can hold, 128 bits in base64url: equal things have equal hashes. */
export function hash(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return digest("sha256", text, "base64url").slice(0, 22);
}

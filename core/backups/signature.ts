/**
 * How a manifest is protected: a checksum of its letters by which damage is noticed, and, where a key is declared, a message
 * authentication code that only the key makes, so that nobody without it can put another backup in the place of one.
 */
import { createHash, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { Manifest } from "./model.ts";
import { keyName } from "./seal.ts";

/** What is written of a manifest, to the letter. */
export function rendered(manifest: object): string {
  return `${JSON.stringify(manifest, null, 1)}\n`;
}

/** The manifest as it is published. */
export function signed(manifest: Manifest, key: Buffer | undefined): Manifest {
  const body = key ? { ...manifest, mac: macOf(manifest, key) } : manifest;
  return { ...body, checksum: checksumOf(body) };
}

/** Is a text what was published? Those of version 1 have nothing to be held against. */
export function isWhole(manifest: Manifest, text: string): boolean {
  const { checksum, ...body } = manifest;
  if (manifest.version === 1) return checksum === undefined;
  return rendered(manifest) === text && checksum === checksumOf(body);
}

/** `unknown`: the key that could tell is not at hand. */
export type Trust = "signed" | "unsigned" | "forged" | "unknown";

/** Was it published by somebody who had the key? */
export function trustOf(manifest: Manifest, key: Buffer | undefined): Trust {
  const { checksum, mac, ...body } = manifest;
  if (mac === undefined) return "unsigned";
  if (!key || keyName(key) !== manifest.key) return "unknown";
  const [said, made] = [Buffer.from(mac), Buffer.from(macOf(body, key))];
  return said.length === made.length && timingSafeEqual(said, made) ? "signed" : "forged";
}

function checksumOf(body: object): string {
  return createHash("sha256").update(rendered(body)).digest("hex");
}

function macOf(body: object, key: Buffer): string {
  const own = Buffer.from(hkdfSync("sha256", key, "", "datumline manifest", 32));
  return createHmac("sha256", own).update(rendered(body)).digest("hex");
}

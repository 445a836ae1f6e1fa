/**
 * Encryption of a stream in pieces, each of which is checked before it is handed on: AES-256-GCM with a nonce of a random
 * part, a counter and a mark of the last piece, so that pieces can be neither changed, moved nor cut off.
 * The construction is STREAM: https://eprint.iacr.org/2015/189
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { Transform } from "node:stream";

const MAGIC = Buffer.from("datumline1");
const PIECE = 1 << 20;
const SALT = 7;
const TAG = 16;
const CIPHER = "aes-256-gcm";

/** A key of 32 bytes, written as hex or base64; undefined for anything else. */
export function keyOf(text: string): Buffer | undefined {
  const trimmed = text.trim();
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, "hex") : Buffer.from(trimmed, "base64");
  return key.length === 32 ? key : undefined;
}

/** What a key is known by; nobody finds the key by it. */
export function keyName(key: Buffer): string {
  return createHash("sha256").update("datumline key name").update(key).digest("hex").slice(0, 16);
}

/** Can what was sealed with the key of that name, or not at all, be opened? */
export function opens(name: string | undefined, key: Buffer | undefined): boolean {
  return name === undefined || (key !== undefined && keyName(key) === name);
}

export function seal(key: Buffer): Transform {
  const salt = randomBytes(SALT);
  let count = 0;
  const piece = (content: Buffer, isLast: boolean): Buffer => {
    const cipher = createCipheriv(CIPHER, key, nonce(salt, count++, isLast));
    return Buffer.concat([cipher.update(content), cipher.final(), cipher.getAuthTag()]);
  };
  const stream = inPieces(PIECE, piece);
  stream.push(Buffer.concat([MAGIC, salt]));
  return stream;
}

/** Fails on the first piece that is not what was sealed; what came before it was. */
export function unseal(key: Buffer): Transform {
  let salt: Buffer | undefined;
  let count = 0;
  const open = (content: Buffer, isLast: boolean): Buffer => {
    if (content.length < TAG) throw new Error("the encrypted content ends too early");
    const decipher = createDecipheriv(CIPHER, key, nonce(salt as Buffer, count++, isLast));
    decipher.setAuthTag(content.subarray(-TAG));
    try {
      return Buffer.concat([decipher.update(content.subarray(0, -TAG)), decipher.final()]);
    } catch {
      throw new Error("the encrypted content is not what was written, or the key is another one");
    }
  };
  const pieces = inPieces(PIECE + TAG, open);
  const start = MAGIC.length + SALT;
  let head = Buffer.alloc(0);
  const transform = pieces._transform.bind(pieces);
  const flush = pieces._flush.bind(pieces);
  pieces._transform = (chunk: Buffer, encoding, done) => {
    if (salt) return transform(chunk, encoding, done);
    head = Buffer.concat([head, chunk]);
    if (head.length < start) return done();
    if (!head.subarray(0, MAGIC.length).equals(MAGIC)) return done(new Error("this was not encrypted by Datumline"));
    salt = head.subarray(MAGIC.length, start);
    return transform(head.subarray(start), encoding, done);
  };
  pieces._flush = (done) => (salt ? flush(done) : done(new Error("the encrypted content ends too early")));
  return pieces;
}

/** The last piece is known as such only at the end, so one is always held back. */
function inPieces(size: number, make: (content: Buffer, isLast: boolean) => Buffer): Transform {
  let held: Buffer[] = [];
  let length = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      try {
        held.push(chunk);
        length += chunk.length;
        if (length > size) {
          let all = Buffer.concat(held);
          while (all.length > size) {
            this.push(make(all.subarray(0, size), false));
            all = all.subarray(size);
          }
          held = [all];
          length = all.length;
        }
        done();
      } catch (problem) {
        done(problem as Error);
      }
    },
    flush(done) {
      try {
        this.push(make(Buffer.concat(held), true));
        done();
      } catch (problem) {
        done(problem as Error);
      }
    },
  });
}

function nonce(salt: Buffer, count: number, isLast: boolean): Buffer {
  const tail = Buffer.alloc(5);
  tail.writeUInt32BE(count);
  tail.writeUInt8(isLast ? 1 : 0, 4);
  return Buffer.concat([salt, tail]);
}

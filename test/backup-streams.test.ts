/** What is stored comes back as it was, or not at all. */

import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Manifest, Part } from "../core/backups/model.ts";
import { Output, through } from "../core/backups/programs.ts";
import { expendable } from "../core/backups/retention.ts";
import { keyName, keyOf, seal, unseal } from "../core/backups/seal.ts";
import { type Form, restored, SEALED, SUFFIXES, stored } from "../core/backups/streams.ts";
import { isAlive } from "./support/processes.ts";
import { skipped } from "./support/skipping.ts";

const KEY = randomBytes(32);
const MEGABYTE = 1 << 20;

async function roundtrip(content: Buffer, form: Form, damage?: (stored: Buffer) => Buffer): Promise<Buffer> {
  const { content: stream, sum } = stored(Readable.from(inChunks(content)), form);
  const kept = await buffer(stream);
  const part: Part = { name: `x${SUFFIXES[form.compression]}${form.key ? SEALED : ""}`, holds: "database", ...sum() };
  expect(part.bytes).toBe(kept.length);
  return buffer(restored(Readable.from(inChunks(damage ? damage(kept) : kept)), part, form));
}

function* inChunks(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += 60_000) yield content.subarray(at, at + 60_000);
}

const hasZstd = spawnSync("zstd", ["--version"]).status === 0;
if (!hasZstd) skipped("streams through zstd", "it is not installed");
const FORMS: readonly (readonly [string, Form])[] = [
  ["plain", { compression: "none" }],
  ["gzip", { compression: "gzip" }],
  ["sealed", { compression: "none", key: KEY }],
  ["gzip and sealed", { compression: "gzip", key: KEY }],
  ...(hasZstd ? ([["zstd and sealed", { compression: "zstd", key: KEY }]] as const) : []),
];

describe.each(FORMS)("%s", (_, form) => {
  test.each([0, 1, MEGABYTE - 1, MEGABYTE, MEGABYTE + 1, 3 * MEGABYTE])("%d bytes come back", async (size) => {
    const content = Buffer.concat([randomBytes(size / 2), Buffer.alloc(size - Math.floor(size / 2), "a")]).subarray(
      0,
      size,
    );
    expect((await roundtrip(content, form)).equals(content)).toBe(true);
  });

  test("a byte that flipped, or a tail that is gone, fails", async () => {
    const content = randomBytes(2 * MEGABYTE + 77);
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (at) => {
        const flip = (kept: Buffer): Buffer => {
          const changed = Buffer.from(kept);
          changed[at % kept.length] = (kept[at % kept.length] as number) ^ 1;
          return changed;
        };
        await expect(roundtrip(content, form, flip)).rejects.toThrow();
        await expect(roundtrip(content, form, (kept) => kept.subarray(0, at % kept.length))).rejects.toThrow();
      }),
      { numRuns: 8 },
    );
  });
});

describe("sealed content", () => {
  test("opens with its key only, and its pieces stay in order", async () => {
    const content = randomBytes(3 * MEGABYTE);
    const kept = await buffer(Readable.from(inChunks(content)).pipe(seal(KEY)));
    const open = (sealed: Buffer, key = KEY) => buffer(Readable.from(inChunks(sealed)).pipe(unseal(key)));
    expect((await open(kept)).equals(content)).toBe(true);
    await expect(open(kept, randomBytes(32))).rejects.toThrow("another one");
    const [head, piece] = [17, MEGABYTE + 16];
    const swapped = Buffer.concat([
      kept.subarray(0, head),
      kept.subarray(head + piece, head + 2 * piece),
      kept.subarray(head, head + piece),
      kept.subarray(head + 2 * piece),
    ]);
    await expect(open(swapped)).rejects.toThrow();
    await expect(open(kept.subarray(0, head + piece))).rejects.toThrow();
    await expect(open(Buffer.from("this is no backup at all"))).rejects.toThrow("not encrypted by Datumline");
  });

  test("keys are 32 bytes as hex or base64, and their names tell nothing", () => {
    expect(keyOf(KEY.toString("hex"))?.equals(KEY)).toBe(true);
    expect(keyOf(`${KEY.toString("base64")}\n`)?.equals(KEY)).toBe(true);
    expect(keyOf("short")).toBeUndefined();
    expect(keyName(KEY)).toMatch(/^[0-9a-f]{16}$/);
  });
});

test("a program that fails is a stream that fails, with what it said", async () => {
  const failing = through("sh", ["-c", "cat; echo out of paper >&2; exit 3"], Readable.from([Buffer.from("x")]));
  await expect(buffer(failing)).rejects.toThrow("failed (3): out of paper");
  const missing = through("no-such-program", [], Readable.from([Buffer.from("x")]));
  await expect(buffer(missing)).rejects.toThrow("not installed");
});

describe("a program whose output another one reads", () => {
  const writes = (line: string) =>
    new Output((stdout) => {
      const child = spawn("sh", ["-c", line], { stdio: ["ignore", stdout, "ignore"] });
      const ended = once(child, "close").then(([code, signal]) => {
        if (code !== 0) throw new Error(`the first failed: ${code ?? signal}`);
      });
      return { child, ended };
    });

  test("is read by it, or by whoever wants it as a stream", async () => {
    expect(`${await buffer(through("tr", ["a-z", "A-Z"], writes("echo hello")))}`).toBe("HELLO\n");
    expect(`${await buffer(writes("echo hello"))}`).toBe("hello\n");
    const large = await buffer(through("cat", [], writes("head -c 5000000 /dev/zero")));
    expect(large.length).toBe(5_000_000);
  });

  test("fails both where either does, and neither is left running", async () => {
    await expect(buffer(through("cat", [], writes("echo half; exit 4")))).rejects.toThrow("the first failed: 4");
    await expect(buffer(writes("echo half; exit 4"))).rejects.toThrow("the first failed: 4");
    const early = through("sh", ["-c", "head -c 1; echo full >&2; exit 5"], writes("yes"));
    await expect(buffer(early)).rejects.toThrow("failed (5): full");
    let pid = 0;
    const endless = new Output((stdout) => {
      const child = spawn("yes", { stdio: ["ignore", stdout, "ignore"] });
      pid = child.pid as number;
      return { child, ended: once(child, "close").then(() => undefined) };
    });
    const abandoned = through("cat", [], endless);
    await once(abandoned, "readable");
    abandoned.destroy();
    for (let attempt = 0; attempt < 100 && isAlive(pid); attempt += 1) await sleep(20);
    expect(isAlive(pid)).toBe(false);
  });
});

describe("retention", () => {
  const at = (days: number): Pick<Manifest, "id" | "startedAt"> => {
    const startedAt = new Date(Date.UTC(2026, 10, 20) - days * 86_400_000).toISOString();
    return { id: startedAt, startedAt };
  };
  const all = Array.from({ length: 400 }, (_, days) => at(days));
  const now = new Date("2026-11-20T12:00:00Z");
  const kept = (retention: Parameters<typeof expendable>[1], from = all) => {
    const gone = new Set(expendable(from, retention, now));
    return from.filter((one) => !gone.has(one)).length;
  };

  test("counts, days and generations add up", () => {
    expect(kept(undefined)).toBe(400);
    expect(kept({ count: 7 })).toBe(7);
    expect(kept({ days: 30 })).toBe(30);
    expect(kept({ monthly: 12 })).toBe(12);
    expect(kept({ daily: 7, weekly: 4, monthly: 12, yearly: 2 })).toBe(7 + 2 + 11);
  });

  test("the newest stays, whatever is declared and however old it is", () => {
    fc.assert(
      fc.property(
        fc.record({ count: fc.nat({ max: 3 }), days: fc.nat({ max: 3 }), weekly: fc.nat({ max: 2 }) }),
        fc.array(fc.nat({ max: 5000 }), { minLength: 1, maxLength: 20 }),
        (retention, ages) => {
          const backups = [...new Set(ages)].map(at);
          const newest = [...backups].sort((a, b) => (a.id < b.id ? 1 : -1))[0];
          expect(expendable(backups, retention, now)).not.toContain(newest);
        },
      ),
    );
  });
});

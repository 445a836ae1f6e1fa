/** Whatever happens to a file of a backup is seen: by its list where sizes and manifests tell, by `verify` always. */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "@jest/globals";
import { chooseBackup } from "../core/backups/choose.ts";
import { MANIFEST, partName } from "../core/backups/manifest.ts";
import type { Manifest } from "../core/backups/model.ts";
import { prunable } from "../core/backups/prune.ts";
import { rendered, signed } from "../core/backups/signature.ts";
import { askIn, type Backups, backupsOf, MAJOR, NIGHTLY, noBackups } from "./support/backups.ts";
import { folder } from "./support/cli.ts";
import { freshDatabase } from "./support/server.ts";
import { unless } from "./support/skipping.ts";

const missing = noBackups();
const { suite } = unless(missing, "damaged backups");
const KEY = randomBytes(32);
const OF = { dataSource: "warehouse", schedule: "nightly" };

let url: string;
let kept: string;
let backups: Backups;
const taken: { [form: string]: Manifest } = {};

beforeAll(async () => {
  if (missing) return;
  url = await freshDatabase(MAJOR);
  kept = folder().path;
  backups = backupsOf(url, kept);
  await askIn(
    url,
    new URL(url).pathname.slice(1),
    "CREATE TABLE t AS SELECT i, md5(i::text) FROM generate_series(1, 3000) i",
  );
  const { manifest: plain } = await backups.run({ schedule: { how: { compression: "none" } } });
  const { manifest: sealed } = await backups.run({ key: KEY });
  Object.assign(taken, { plain, sealed });
});

type Damage = (content: Buffer) => Buffer;

function flipped(share: number): Damage {
  return (content) => {
    const changed = Buffer.from(content);
    const at = Math.min(content.length - 1, Math.floor(content.length * share));
    changed[at] = (changed[at] as number) ^ 4;
    return changed;
  };
}

const DAMAGES: { readonly [name: string]: Damage } = {
  "a byte at its head": flipped(0),
  "a byte in its middle": flipped(0.5),
  "a byte at its end": flipped(1),
  "all gone": () => Buffer.alloc(0),
  "half gone": (content) => content.subarray(0, content.length / 2),
  "its last byte gone": (content) => content.subarray(0, -1),
  "a byte more": (content) => Buffer.concat([content, Buffer.from("\n")]),
};

/** Damages a file while something is tried. */
async function withDamage(manifest: Manifest, part: string, damage: Damage, work: () => Promise<void>): Promise<void> {
  const file = join(kept, partName(manifest, part));
  const content = readFileSync(file);
  writeFileSync(file, damage(content));
  try {
    await work();
  } finally {
    writeFileSync(file, content);
  }
}

async function databases(): Promise<string[]> {
  const { rows } = await askIn(url, "postgres", "SELECT datname FROM pg_database ORDER BY 1");
  return rows.map(({ datname }) => datname);
}

suite.each(["plain", "sealed"])("%s", (form) => {
  test.each(Object.entries(DAMAGES))("%s: of every part it is named", async (_, damage) => {
    const manifest = taken[form] as Manifest;
    for (const { name, bytes } of manifest.parts)
      await withDamage(manifest, name, damage, async () => {
        const { problems } = await backups.verify(manifest, KEY);
        expect(problems).toEqual([expect.stringContaining(name)]);
        const isOther = damage(Buffer.alloc(bytes)).length !== bytes;
        expect((await backups.found(manifest)).damaged).toEqual(isOther ? [name] : []);
      });
    expect((await backups.verify(manifest, KEY)).problems).toEqual([]);
  });

  test.each(Object.entries(DAMAGES))("%s: of the manifest it is no backup any more, and stays", async (_, damage) => {
    const manifest = taken[form] as Manifest;
    await withDamage(manifest, MANIFEST, damage, async () => {
      const listing = await backups.list();
      expect(listing.backups.map((one) => one.manifest.id)).not.toContain(manifest.id);
      expect(listing.unreadable).toEqual([partName(manifest, MANIFEST)]);
      await expect(chooseBackup([backups.store], { ...OF, id: manifest.id })).rejects.toThrow(
        "is not what was written",
      );
      const gone = prunable(listing, { ...NIGHTLY, retention: { count: 1 } }, new Date(Date.now() + 10 * 86_400_000));
      expect([...gone.leftovers, ...gone.backups]).toEqual([]);
    });
  });

  test.each(["a byte in its middle", "half gone", "a byte more"])(
    "%s: the restore names it, and leaves nothing",
    async (name) => {
      const manifest = taken[form] as Manifest;
      const before = await databases();
      for (const { name: part, holds } of manifest.parts.filter(({ holds }) => holds !== "declaration"))
        await withDamage(manifest, part, DAMAGES[name] as Damage, async () => {
          const restore = backups.restore(manifest, "damaged_copy", { key: KEY, globals: holds === "globals" });
          await expect(restore).rejects.toThrow(part);
        });
      expect(await databases()).toEqual(before);
    },
  );
});

suite("a manifest that was made by somebody else", () => {
  const replace = (manifest: Manifest): void =>
    writeFileSync(join(kept, partName(manifest, MANIFEST)), rendered(manifest));
  const sealed = (): Manifest => taken.sealed as Manifest;
  const choose = () => chooseBackup([backups.store], { ...OF, key: KEY, id: sealed().id });

  test("with other counts and the same code is told, and never used", async () => {
    const { checksum, ...body } = sealed();
    replace(signed({ ...body, checks: [{ table: "public.t", rows: 1, hash: "1" }] }, undefined));
    expect((await backups.verify(sealed(), KEY)).problems).toEqual([
      expect.stringContaining("was not made with its key"),
    ]);
    // Without the key nobody can tell.
    expect((await backups.verify(sealed())).trust).toBe("unknown");
    await expect(choose()).rejects.toThrow("was not made with its key");
    const { found, notes } = await chooseBackup([backups.store], { ...OF, key: KEY });
    expect([found.manifest.id, notes.map(({ code }) => code)]).toEqual([
      taken.plain?.id,
      ["BACKUP_FORGED", "BACKUP_UNSIGNED"],
    ]);
  });

  test("without a code is told as such, like that of an older version", async () => {
    const { checksum, mac, ...body } = sealed();
    replace(signed(body, undefined));
    expect((await choose()).notes).toMatchObject([{ code: "BACKUP_UNSIGNED", severity: "warning" }]);
    replace({ ...body, version: 1 });
    expect((await choose()).notes).toMatchObject([{ code: "BACKUP_UNSIGNED" }]);
    expect(await backups.verify(sealed(), KEY)).toMatchObject({ problems: [], trust: "unsigned", opened: true });
    await backups.restore(sealed(), "of_an_older_version", { key: KEY });
    await askIn(url, "postgres", "DROP DATABASE of_an_older_version");
  });

  test("or is of a newer version is neither used nor removed", async () => {
    replace({ ...sealed(), version: 3 } as unknown as Manifest);
    expect((await backups.list()).unreadable).toHaveLength(1);
    replace(sealed());
    expect(await backups.verify(sealed(), KEY)).toMatchObject({ problems: [], trust: "signed" });
  });
});

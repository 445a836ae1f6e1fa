/** What the world does to the places of backups: a run fails by name, publishes nothing that is not whole, and leaves nothing behind. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, expect, test } from "@jest/globals";
import { directoryStore } from "../core/backups/directory.ts";
import { freshness } from "../core/backups/freshness.ts";
import { MANIFEST } from "../core/backups/manifest.ts";
import type { Store } from "../core/backups/model.ts";
import { isMuch, prunable, prune } from "../core/backups/prune.ts";
import { setClock } from "../core/clock.ts";
import { type Exposed, exposed, nothingIn, told } from "./support/backup-faults.ts";
import { type Backups, MAJOR, NIGHTLY, noBackups } from "./support/backups.ts";
import { server } from "./support/server.ts";
import { unless } from "./support/skipping.ts";
import { small } from "./support/small-place.ts";

const missing = noBackups();
const { suite } = unless(missing, "places of backups that fail");
const DAY = 86_400_000;

let on: Exposed;
let backups: Backups;

beforeAll(async () => {
  if (!missing) on = await exposed();
});
afterEach(() => setClock());

function place(): Backups {
  backups = on.place();
  return backups;
}

suite("a place", () => {
  test("that is full keeps nothing, and does not take the other with it", async () => {
    const path = small("size=300k");
    if (!path) return;
    const full = directoryStore(path);
    const alone = await told(place().run({ stores: [full] }));
    expect(alone).toMatchObject({ code: "PLACE_FAILED", summary: `${path}: no space is left (ENOSPC)` });
    await nothingIn(full);
    const { stored, failed, manifest } = await backups.run({ stores: [full, backups.store] });
    expect([stored, failed.map(({ store }) => store)]).toEqual([[backups.store], [full]]);
    await nothingIn(full);
    expect((await backups.verify(manifest)).problems).toEqual([]);
  });

  test("that is full when the manifest is written has no backup, and no parts of one", async () => {
    await place().run();
    // All but the manifest has room, and the folder itself needs some.
    const entries = readdirSync(backups.store.name, { recursive: true }).length;
    const path = small(`nr_inodes=${entries}`);
    if (!path) return;
    const full = directoryStore(path);
    const named: string[] = [];
    const seen: Store = { ...full, put: (name, content) => full.put(name, content).finally(() => named.push(name)) };
    const { summary } = await told(backups.run({ stores: [seen] }));
    expect([summary, named.at(-1)]).toEqual([
      expect.stringContaining("no space is left"),
      expect.stringContaining(MANIFEST),
    ]);
    await nothingIn(full);
  });

  test("that can only be read is told as that, and not as gone", async () => {
    const path = small("ro");
    if (!path) return;
    for (const folder of [path, join(path, "below/it")]) {
      const refusing = directoryStore(folder);
      expect(await told(place().run({ stores: [refusing] }))).toMatchObject({
        code: "PLACE_FAILED",
        summary: `${folder}: it can only be read (EROFS)`,
      });
      if (folder !== path) await expect(refusing.free()).rejects.toThrow("it can only be read");
    }
  });

  test("that is no folder is named, and the others have it", async () => {
    const file = join(on.folder, "a-file");
    writeFileSync(file, "");
    const refusing = directoryStore(join(file, "below"));
    expect(await told(place().run({ stores: [refusing] }))).toMatchObject({
      code: "PLACE_FAILED",
      summary: expect.stringContaining("a part of the path is no folder"),
    });
    const { failed, manifest } = await backups.run({ stores: [refusing, backups.store] });
    expect(failed).toHaveLength(1);
    expect((await backups.verify(manifest)).problems).toEqual([]);
  });

  test("that loses what it has been given during the run has no backup", async () => {
    const { store } = place();
    const path = store.name;
    let parts = 0;
    const losing: Store = {
      ...store,
      async put(name, content) {
        const bytes = await store.put(name, content);
        parts += 1;
        if (parts === 2) rmSync(path, { recursive: true });
        return bytes;
      },
    };
    const { code, summary } = await told(backups.run({ stores: [losing] }));
    expect([code, summary]).toEqual([
      "BACKUP_DAMAGED",
      expect.stringContaining("has lost database.dump.zst, globals.sql.zst"),
    ]);
    await nothingIn(store);
  });

  test("that disappears while a part is written is named", async () => {
    const { store } = place();
    const progress = (): void => rmSync(store.name, { recursive: true, force: true });
    expect(await told(backups.run({ progress }))).toMatchObject({ code: "PLACE_FAILED" });
    await nothingIn(store);
  });

  test("inside the server's own folder is refused", async () => {
    const { directory } = await server(MAJOR);
    const inside = join(directory, "data", "backups");
    const { summary } = await told(place().run({ schedule: { to: [{ directory: inside }] } }));
    expect(summary).toContain("inside the server's own folder");
    expect(existsSync(inside)).toBe(false);
  });
});

suite("a clock", () => {
  const listed = async (): Promise<string[]> => (await backups.list()).backups.map(({ manifest }) => manifest.id);

  test("that went back leaves the newest the newest, and retention does not take it", async () => {
    const first = (await place().run()).manifest;
    setClock(() => new Date(Date.now() - DAY));
    const second = (await backups.run()).manifest;
    expect(await listed()).toEqual([first.id, second.id]);
    const gone = prunable(await backups.list(), { ...NIGHTLY, retention: { count: 1 } }, new Date());
    expect(gone.backups.map(({ manifest }) => manifest.id)).toEqual([first.id]);
  });

  test("that jumped ahead expires nothing by itself, and its backup is told from the newest", async () => {
    place();
    for (let days = 3; days > 0; days--) {
      setClock(() => new Date(Date.now() - days * DAY));
      await backups.run({ schedule: { what: { globals: false, declaration: false } } });
    }
    const before = await listed();
    setClock(() => new Date(Date.now() + 30 * DAY));
    const ahead = (await backups.run()).manifest;
    const listing = await backups.list();
    const gone = prunable(listing, { ...NIGHTLY, retention: { days: 7 } }, new Date(Date.now() + 30 * DAY));
    expect([gone.backups.length, isMuch(listing, gone)]).toEqual([3, true]);
    setClock();
    const good = listing.backups.map(({ manifest }) => manifest);
    const fresh = freshness({ ...NIGHTLY, rpo: "26h" }, good, new Date());
    expect(fresh).toMatchObject({ newest: { id: before.at(-1) }, ahead: ahead.id, withinRpo: true });
    const next = (await backups.run()).manifest;
    expect((await listed()).at(-1)).toBe(next.id);
  });
});

suite("what a killed run leaves", () => {
  test("is told, and goes with the next run; of another machine's run it goes after days", async () => {
    const { store } = place();
    const id = "2026-11-01T00-00-00Z-abcd";
    const left = join(store.name, "warehouse/nightly", id);
    mkdirSync(left, { recursive: true });
    writeFileSync(join(left, ".partial-1-2"), "half");
    writeFileSync(join(left, "globals.sql.zst"), "whole");
    // Killed between its last file and its folder.
    mkdirSync(join(store.name, "warehouse/nightly/2026-11-01T00-00-01Z-abcd"));
    expect((await backups.list()).leftovers).toHaveLength(3);
    const { manifest } = await backups.run();
    const listing = await backups.list();
    expect(prunable(listing, NIGHTLY, new Date("2026-11-02")).leftovers).toEqual([]);
    await prune(prunable(listing, NIGHTLY, new Date("2026-11-02"), manifest.id), store);
    expect(readdirSync(join(store.name, "warehouse/nightly"))).toEqual([manifest.id]);
    expect((await backups.verify(manifest)).problems).toEqual([]);
  });
});

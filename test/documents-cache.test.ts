import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type DocumentCache, documentCache } from "../core/documents/cache.ts";
import { type Loaded, loadDocuments } from "../core/documents/load.ts";

let root: string;
let cwd: string;
let folder: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "datumline-"));
  cwd = mkdtempSync(join(root, "cwd-"));
  folder = join(root, "cache");
  writeFileSync(join(cwd, "a.yaml"), "kind: Role\nname: a\n");
  writeFileSync(join(cwd, "b.yaml"), "kind: Role\nname: b\n");
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const cacheOf = (version = "1"): DocumentCache => documentCache({ paths: ["."], cwd, version, folder });
const load = (cache = cacheOf()): Promise<Loaded> => loadDocuments(["."], { cwd, cache });
const kept = (): string => join(folder, readdirSync(folder).find((file) => file.endsWith(".documents.json")) as string);

/** Puts another name into the cache, so that a test sees whether a document came from there. */
function mark(): void {
  writeFileSync(kept(), readFileSync(kept(), "utf8").replace('"name":"a"', '"name":"marked"'));
}

async function firstName(cache?: DocumentCache): Promise<unknown> {
  return (await load(cache)).documents[0]?.spec.name;
}

describe("documents", () => {
  test("unchanged files are not parsed again; the result is the same", async () => {
    const fresh = await load();
    const cached = await load();
    expect(cached.documents).toEqual(fresh.documents);
    expect(cached.contentHash).toBe(fresh.contentHash);
    mark();
    expect(await firstName()).toBe("marked");
  });

  test("a changed file is parsed, the others are not", async () => {
    await load();
    mark();
    writeFileSync(join(cwd, "b.yaml"), "kind: Role\nname: c\n");
    expect((await load()).documents.map(({ spec }) => spec.name)).toEqual(["marked", "c"]);
    rmSync(join(cwd, "b.yaml"));
    expect((await load()).documents).toHaveLength(1);
    expect(readFileSync(kept(), "utf8")).not.toContain("b.yaml");
  });

  test("nobody else can read it", async () => {
    await load();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(kept()).mode & 0o777).toBe(0o600);
  });

  test.each(["", "{", "null", "[]", '{"version":1}', '{"version":"1","entries":5}'])(
    "a damaged file counts as absent: %s",
    async (text) => {
      await load();
      writeFileSync(kept(), text);
      expect(await firstName()).toBe("a");
      mark();
      expect(await firstName()).toBe("marked");
    },
  );

  test("another version's file counts as absent", async () => {
    await load();
    mark();
    expect(await firstName(cacheOf("2"))).toBe("a");
  });

  test("what others could have written counts as absent", async () => {
    await load();
    mark();
    chmodSync(kept(), 0o666);
    expect(await firstName()).toBe("a");
    mark();
    chmodSync(folder, 0o777);
    expect(await firstName()).toBe("a");
    chmodSync(folder, 0o700);
    if (process.getuid?.() !== 0) return;
    chownSync(kept(), 12345, 12345);
    expect(await firstName()).toBe("a");
  });

  test("a folder that cannot be made is no fault of the run", async () => {
    writeFileSync(join(root, "file"), "");
    const cache = documentCache({ paths: ["."], cwd, version: "1", folder: join(root, "file", "cache") });
    expect((await load(cache)).documents).toHaveLength(2);
    cache.writeHead("key", "value");
    expect(cache.readHead("key")).toBeUndefined();
  });

  test("files with errors and what was piped in are never kept", async () => {
    writeFileSync(join(cwd, "a.yaml"), "kind: Role\nname: a\npassword: hunter2canary\n");
    await load();
    expect(readFileSync(kept(), "utf8")).not.toContain("hunter2canary");
    expect((await load()).diagnostics.map(({ code }) => code)).toEqual(["LITERAL_SECRET"]);
    const piped = documentCache({ paths: ["-"], cwd, version: "1", folder });
    const before = readdirSync(folder);
    await loadDocuments(["-"], { cwd, cache: piped, stdin: async () => "kind: Role\nname: piped\n" });
    expect(readdirSync(folder)).toEqual(before);
  });
});

describe("heads", () => {
  test("are read without the documents", async () => {
    const cache = cacheOf();
    expect(cache.readHead("one")).toBeUndefined();
    cache.writeHead("one", "1");
    cache.writeHead("two", "2");
    cache.writeHead("one", "3");
    expect([cache.readHead("one"), cache.readHead("two"), cacheOf("2").readHead("one")]).toEqual(["3", "2", undefined]);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test("only the latest are kept", () => {
    const cache = cacheOf();
    for (let index = 0; index < 40; index++) cache.writeHead(`${index}`, "value");
    expect(cache.readHead("0")).toBeUndefined();
    expect(cache.readHead("39")).toBe("value");
  });
});

test("the folder follows XDG_CACHE_HOME", () => {
  const former = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = join(root, "xdg");
  try {
    documentCache({ paths: ["."], cwd, version: "1" }).writeHead("key", "value");
  } finally {
    if (former === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = former;
  }
  expect(existsSync(join(root, "xdg", "datumline"))).toBe(true);
});

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Diagnostic } from "../core/diagnostic.ts";
import { Refusal } from "../core/errors.ts";
import type { Kind } from "../core/kind.ts";
import { KINDS } from "../core/kinds/index.ts";
import { Secrets, secretsIn, withSecretFiles } from "../core/secret.ts";
import type { SecretReference } from "../core/sql.ts";

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), "datumline-secret-"));
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const CANARY = "canary-3f9a1c77";

function secrets(env: Record<string, string> = {}): Secrets {
  return new Secrets({ env: { PATH: process.env.PATH, ...env }, cwd });
}

async function refusal(reference: SecretReference, env: Record<string, string> = {}): Promise<Diagnostic> {
  const all = secrets(env);
  all.place(reference, { file: "warehouse.yaml", line: 7 });
  const problem = await all.resolve(reference).catch((caught: unknown) => caught);
  expect(problem).toBeInstanceOf(Refusal);
  return (problem as Refusal).diagnostics[0] as Diagnostic;
}

/** Does a process run? One that has ended and that nobody has waited for does not. */
async function runs(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    try {
      if (/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"))) return false;
    } catch {
      return false;
    }
    await sleep(20);
  }
  return true;
}

describe("an environment variable", () => {
  test("is read", async () => expect(await secrets({ A: CANARY }).resolve({ env: "A" })).toBe(CANARY));

  test("that is missing or empty is named, with the place", async () => {
    const missing = await refusal({ env: "NOT_THERE" });
    expect(missing).toMatchObject({ code: "SECRET_UNRESOLVED", origin: { file: "warehouse.yaml", line: 7 } });
    expect(missing.summary).toBe("The environment variable NOT_THERE is not set");
    expect((await refusal({ env: "A" }, { A: "" })).summary).toBe("The environment variable A is empty");
  });
});

describe("a file", () => {
  test("is read relative to the folder; one line break at its end is ignored", async () => {
    for (const [text, value] of [
      [`${CANARY}\n`, CANARY],
      [`${CANARY}\r\n`, CANARY],
      [`${CANARY}\n\n`, `${CANARY}\n`],
      [` ${CANARY} `, ` ${CANARY} `],
    ] as const) {
      writeFileSync(join(cwd, "secret.txt"), text);
      expect(await secrets().resolve({ file: "secret.txt" })).toBe(value);
    }
  });

  test("that cannot be read or is empty is named", async () => {
    expect((await refusal({ file: "nope.txt" })).summary).toBe(
      "The secret in the file nope.txt cannot be read: there is no such file",
    );
    writeFileSync(join(cwd, "empty.txt"), "\n");
    expect((await refusal({ file: "empty.txt" })).summary).toContain("it is empty");
  });

  test("is named from where the command runs, whichever folder the document is in", () => {
    const role = KINDS.get("Role") as Kind;
    const spec = { name: "a", password: { file: "pw" } };
    expect(withSecretFiles(role, spec, { file: "warehouse/roles.yaml" })).toEqual({
      name: "a",
      password: { file: "warehouse/pw" },
    });
    expect(withSecretFiles(role, spec, { file: "roles.yaml" })).toBe(spec);
    expect(withSecretFiles(role, spec, { construct: "App/role" })).toBe(spec);
    const absolute = { name: "a", password: { file: "/run/pw" } };
    expect(withSecretFiles(role, absolute, { file: "warehouse/roles.yaml" })).toBe(absolute);
    const source = { name: "w", engine: "postgresql", connection: { tls: { ca: { file: "ca.pem" } } } };
    expect(withSecretFiles(KINDS.get("DataSource") as Kind, source, { file: "a/b.yaml" })).toMatchObject({
      connection: { tls: { ca: { file: "a/ca.pem" } } },
    });
  });
});

describe("a command", () => {
  test("prints it; no shell looks at its words", async () => {
    expect(await secrets().resolve({ exec: ["printf", "%s\n", "$HOME;x"] })).toBe("$HOME;x");
  });

  test("that fails is named with its exit code, and nothing that it said", async () => {
    writeFileSync(join(cwd, "fail.sh"), `#!/bin/sh\necho ${CANARY}; echo ${CANARY} >&2; exit 4\n`);
    chmodSync(join(cwd, "fail.sh"), 0o755);
    const failed = await refusal({ exec: [join(cwd, "fail.sh"), "--token", CANARY] });
    expect(failed.summary).toBe("The command fail.sh, which should print a secret, ended with exit code 4");
    expect(JSON.stringify(failed)).not.toContain(CANARY);
  });

  test("that hangs is ended with all that it started, and told as what it is", async () => {
    const pids = join(cwd, "pids");
    const script = join(cwd, "hang.sh");
    writeFileSync(script, `#!/bin/sh\nsleep 300 &\necho $! >> ${pids}\necho $$ >> ${pids}\nsh -c 'sleep 300; :'\n`);
    chmodSync(script, 0o755);
    const hanging = new Secrets({ env: { PATH: process.env.PATH }, cwd, patience: 400 });
    const problem = await hanging.resolve({ exec: [script] }).catch((caught: unknown) => caught);
    const [told] = (problem as Refusal).diagnostics;
    expect([told?.code, told?.detail]).toEqual([
      "SECRET_UNRESOLVED",
      expect.stringContaining("Run the command by hand"),
    ]);
    const started = readFileSync(pids, "utf8").trim().split("\n").map(Number);
    expect(started).toHaveLength(2);
    for (const pid of started) expect(await runs(pid)).toBe(false);
  });

  test("that prints without end is ended", async () => {
    expect((await refusal({ exec: ["yes"] })).summary).toContain("printed more than a secret");
  });

  test("that is not there, or prints nothing", async () => {
    expect((await refusal({ exec: ["no-such-command-here"] })).summary).toContain("could not be run (ENOENT)");
    expect((await refusal({ exec: ["true"] })).summary).toContain("printed no secret");
  });
});

test("each is resolved once, and all that are missing are told at once", async () => {
  writeFileSync(
    join(cwd, "count.sh"),
    `#!/bin/sh\necho x >> ${join(cwd, "count.txt")}\nwc -l < ${join(cwd, "count.txt")}\n`,
  );
  chmodSync(join(cwd, "count.sh"), 0o755);
  const all = secrets();
  const reference = { exec: [join(cwd, "count.sh")] };
  expect(await all.resolve(reference)).toBe(await all.resolve({ ...reference }));
  const found = await all.resolveAll([{ env: "X1" }, { env: "X2" }, { env: "X1" }]);
  expect(found.map(({ summary }) => summary)).toEqual([
    "The environment variable X1 is not set",
    "The environment variable X2 is not set",
  ]);
});

describe("redaction", () => {
  const hiding = (...values: string[]): Secrets => {
    const all = secrets();
    for (const value of values) all.hide(value);
    return all;
  };

  test("finds a secret in every form that it may take", () => {
    const value = `p@ss"w'ord\\ ${CANARY}`;
    const all = hiding(value);
    for (const text of [
      value,
      encodeURIComponent(value),
      JSON.stringify({ detail: value }),
      JSON.stringify(JSON.stringify(value)),
      `'${value.replaceAll("'", "''")}'`,
    ]) {
      expect(all.redact(`before ${text} after`)).not.toContain(CANARY);
      expect(all.redact(`before ${text} after`)).toMatch(/^before .*\*\*\*.* after$/);
    }
  });

  test("hides the longer of two that overlap", () => {
    expect(hiding("secret-one", "secret-one-and-two").redact("x secret-one-and-two x secret-one x")).toBe(
      "x *** x *** x",
    );
  });

  test("hides the password of any URL, known or not", () => {
    expect(secrets().redact(`cannot reach postgresql://owner:${CANARY}@db:5432/x?y`)).toBe(
      "cannot reach postgresql://owner:***@db:5432/x?y",
    );
  });

  test("hides what of a URL is secret wherever it stands", () => {
    const all = hiding(`postgresql://owner:can%40ry-${CANARY}@db/x`);
    expect(all.redact(`password can@ry-${CANARY} is wrong`)).toBe("password *** is wrong");
  });

  test("a weak secret is hidden as a word, not within others", () => {
    expect(hiding("test").redact("test, testing and latest")).toBe("***, testing and latest");
    expect(hiding("a").redact("a rather short one")).toBe("a rather short one");
  });

  test("a name that stands openly is not hidden", () => {
    const all = hiding("postgres");
    all.open("postgres");
    expect(all.redact("postgres@localhost")).toBe("postgres@localhost");
  });

  test("a text for machines is looked through, not changed", () => {
    const all = hiding(CANARY, "test");
    expect(all.holds(`COMMENT ON TABLE a IS '${CANARY}'`)).toBe(true);
    expect(all.holds("CREATE TABLE test (a int)")).toBe(false);
  });

  test("characters that mean something in patterns mean themselves", () => {
    expect(hiding("a.c[$]^(x)|-/{2}").redact("a.c[$]^(x)|-/{2} abc")).toBe("*** abc");
  });
});

test("the secrets that a spec refers to", () => {
  const source = { connection: { password: { env: "P" }, tls: { ca: { file: "ca" } } } };
  expect(secretsIn(KINDS.get("DataSource") as Kind, source)).toEqual([{ env: "P" }, { file: "ca" }]);
  expect(secretsIn(KINDS.get("Table") as Kind, { schema: "a", name: "b", columns: [] })).toEqual([]);
});

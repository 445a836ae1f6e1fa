/** Rules in a file of the user's: from the sources, and from the bundle that Terraform runs. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "@jest/globals";
import { buildProvider } from "../scripts/build-provider.ts";
import { folder } from "./support/cli.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DOCUMENTS = `
kind: DataSource
name: w
engine: postgresql
connection: { host: localhost }
---
{ kind: Schema, name: s }
---
kind: Table
schema: s
name: t
columns: [{ name: id, type: bigint }]
---
{ kind: Policy, name: tables are described, module: rules.mjs }
`;
const RULES = `
export const rules = [
  ({ desired }) => [...desired]
    .filter(([, { kind, spec }]) => kind === "Table" && spec.comment === undefined)
    .map(([address]) => ({ address, summary: \`\${address} says nothing of itself\`, detail: "Give it a comment." })),
];
`;

/** What `check` says of the documents, in a folder below the current one, with a module beside them. */
async function checked(rules: string | undefined, documents = DOCUMENTS): Promise<{ code: number; err: string }> {
  const here = folder();
  here.write("estate/w.yaml", documents);
  if (rules !== undefined) here.write("estate/rules.mjs", rules);
  const { code, err } = await here.run("check -f estate");
  return { code, err };
}

test("what it finds breaks the policy, at the place of the object", async () => {
  expect(await checked(RULES)).toEqual({
    code: 3,
    err: "estate/w.yaml:9:1: error POLICY_BROKEN: Table/s.t says nothing of itself\n    Give it a comment.\n",
  });
  const told = DOCUMENTS.replace("module: rules.mjs", 'module: rules.mjs, severity: { "*": warning }');
  expect(await checked(RULES, told)).toEqual({ code: 0, err: expect.stringContaining("warning POLICY_BROKEN") });
  expect(
    await checked(RULES, DOCUMENTS.replace("id, type: bigint }]", "id, type: bigint }]\ncomment: Things")),
  ).toEqual({
    code: 0,
    err: "",
  });
});

test.each([
  ["is not there", undefined, "cannot be asked"],
  ["exports no rules", "export const rule = 1;", "it exports no list `rules`"],
  ["throws", "export const rules = [() => { throw new Error('no such thing') }];", "no such thing"],
  ["finds what has no place", "export const rules = [() => [{ summary: 'x' }]];", 'not {"summary":"x"}'],
])("one that %s refuses the plan", async (_, rules, said) => {
  const { code, err } = await checked(rules);
  expect([code, err]).toEqual([expect.any(Number), expect.stringMatching(/error POLICY_MODULE/)]);
  expect(code).not.toBe(0);
  expect(err).toContain(said);
});

const bundled = mkdtempSync(join(tmpdir(), "datumline-rules-"));
afterAll(() => rmSync(bundled, { recursive: true, force: true }));

test("the bundle for Terraform loads one as well", async () => {
  writeFileSync(join(bundled, "rules.mjs"), RULES);
  const entry = join(bundled, "entry.ts");
  writeFileSync(
    entry,
    `import { moduleFindings } from ${JSON.stringify(join(ROOT, "policies/modules.ts"))};
const desired = new Map([["Table/s.t", { kind: "Table", spec: {} }]]);
const policy = { spec: { name: "p", module: "rules.mjs" }, address: "Policy/p", origin: undefined, intent: undefined };
moduleFindings(policy as never, { desired, cwd: process.cwd() } as never).then((found) => console.log(JSON.stringify(found)));`,
  );
  const { executable } = await buildProvider(join(bundled, "mirror"), entry);
  const out = execFileSync(process.execPath, [executable], { cwd: bundled, encoding: "utf8" });
  expect(JSON.parse(out)).toEqual({ findings: [expect.objectContaining({ address: "Table/s.t" })] });
});

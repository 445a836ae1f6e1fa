/** What a policy judges follows from where it is made: a data source, all below a construct, or all there are. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { App, TerraformStack, Token } from "cdktf";
import { Construct } from "constructs";
import * as cdktf from "../constructs/cdktf.ts";
import { Policy, PolicyException, PostgresDataSource, Project, Table } from "../constructs/index.ts";
import type { Document } from "../core/document.ts";
import { declare } from "../core/documents/declare.ts";
import { checkDocument } from "../core/documents/raw.ts";
import { Refusal } from "../core/errors.ts";
import type { Json } from "../core/schema.ts";
import { postgresql } from "../providers/postgresql/engine.ts";
import { standInProvider } from "./support/stand-in-provider.ts";

standInProvider();
const outdir = mkdtempSync(join(tmpdir(), "datumline-"));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

const RULE = { rule: "row-security", severity: { production: "error", "*": "warning" } } as const;

/** Names of the policies that judge each data source. */
function judging(project: Project): Record<string, string[]> {
  const documents = project.documents().map((value) => {
    const { document, diagnostics } = checkDocument({ value: value as Json, origin: {} }, (origin) => origin);
    expect(diagnostics).toEqual([]);
    return document as Document;
  });
  const { sources, diagnostics } = declare(documents, {
    engines: { get: () => postgresql, names: ["postgresql"] },
  });
  expect(diagnostics).toEqual([]);
  return Object.fromEntries(
    sources.map(({ source, declared }) => [
      source.name,
      [...declared.values()]
        .filter(({ kind }) => /^Policy/.test(kind))
        .map(({ spec }) => spec.name as string)
        .sort(),
    ]),
  );
}

test("in the root all, in a construct those below it, in a data source that one", () => {
  const project = new Project();
  const team = new Construct(project, "team");
  const one = new PostgresDataSource(team, "one");
  const table = new Table(one, "t", { schema: "s", columns: [{ name: "id", type: "bigint" }] });
  new PostgresDataSource(team, "two");
  new PostgresDataSource(project, "three");
  new Policy(project, "everywhere", RULE);
  new Policy(team, "of the team", RULE);
  new Policy(one, "of one", RULE);
  new PolicyException(table, "a while", {
    rule: "row-security",
    objects: ["s.t"],
    reason: "…",
    owner: "team",
    until: "2099-01-01T00:00:00Z",
  });
  expect(judging(project)).toEqual({
    one: ["a while", "everywhere", "of one", "of the team"],
    two: ["everywhere", "of the team"],
    three: ["everywhere"],
  });
});

test("twice in one place is refused, and so is what is no policy", () => {
  const project = new Project();
  new Policy(project, "strict", RULE);
  expect(() => new Policy(project, "again", { name: "strict", ...RULE })).toThrow(Refusal);
  expect(() => new Policy(project, "nothing", {})).toThrow("rule, match, module");
});

test("in a stack it stands in the resource of each data source, its module named from the stack's folder", () => {
  const app = new App({ outdir });
  const stack = new TerraformStack(app, "prod");
  new cdktf.PostgresDataSource(stack, "one");
  new cdktf.PostgresDataSource(stack, "two");
  new cdktf.PostgresDataSource(new TerraformStack(app, "other"), "three");
  new cdktf.Policy(app, "everywhere", RULE);
  new cdktf.Policy(stack, "own", { module: "rules.mjs", says: `not in ${Token.asString({ resolve: () => "x" })}` });
  app.synth();
  const resources = (name: string): Record<string, { spec: string; values?: object }> =>
    JSON.parse(readFileSync(join(outdir, "stacks", name, "cdk.tf.json"), "utf8")).resource.datumline_declaration;
  const policies = (spec: string) =>
    JSON.parse(spec).documents.filter(({ kind }: { kind: string }) => kind === "Policy");
  for (const name of ["one", "two"]) {
    const { spec = "", values } = resources("prod")[name] ?? {};
    expect(policies(spec)).toEqual([
      expect.objectContaining({
        name: "own",
        module: join(relative(join(outdir, "stacks", "prod"), "."), "rules.mjs"),
      }),
      expect.objectContaining({ name: "everywhere" }),
    ]);
    expect(values).toEqual({ "prod/own.says": "not in x" });
  }
  expect(policies(resources("other").three?.spec ?? "").map(({ name }: { name: string }) => name)).toEqual([
    "everywhere",
  ]);
});

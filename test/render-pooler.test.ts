/** Poolers as files for whoever installs them: whatever the configuration names by its path is there. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { parse, parseAllDocuments } from "yaml";
import { folder } from "./support/cli.ts";

const ESTATE = `kind: DataSource
name: pooler
engine: pgbouncer
connection: { host: pool, user: admin }
---
kind: PoolerSettings
auth: { type: hba, hba: /etc/pgbouncer/rules.conf, file: /run/secrets/users.txt }
clientTls: { mode: verify-full, ca: /tls/ca.pem, cert: "/tls/it's $one.crt", key: /tls/server.key }
serverTls: { mode: verify-full, ca: /tls/ca.pem }
---
{ kind: ConnectionPool, name: app, host: db, users: [web] }
`;

const folders: string[] = [];
afterAll(() => {
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

function rendered() {
  const at = folder();
  at.write("estate.yaml", ESTATE);
  return async (form: string): Promise<string> => (await at.run(`render pooler -f . --for ${form}`)).out;
}

/** Paths that a configuration names, each once. */
function pathsIn(ini: string): string[] {
  return [...new Set([...ini.matchAll(/^\w+_file = (.+)$/gm)].map(([, path]) => path as string))].sort();
}

describe("files that the configuration names", () => {
  test("are mounted by Compose, from beside it", async () => {
    const render = rendered();
    const ini = await render("ini");
    const text = await render("compose");
    const { services, configs } = parse(text);
    const inside = configs["pooler-ini"].content.replaceAll("$$", "$");
    expect(inside).toBe(ini);
    const { volumes } = services.pooler;
    const targets = volumes.map(({ target }: { target: string }) => target.replaceAll("$$", "$"));
    expect(targets.sort()).toEqual(pathsIn(ini));
    expect(pathsIn(ini)).toHaveLength(5);
    const sources = volumes.map(({ source }: { source: string }) => source.replace("./", ""));
    expect(new Set(sources).size).toBe(5);
    for (const source of sources) expect(text.split("services:")[0]).toContain(source);
    for (const { type, read_only } of volumes) expect([type, read_only]).toEqual(["bind", true]);
  });

  test("are mounted by Kubernetes, from Secrets by name", async () => {
    const render = rendered();
    const ini = await render("ini");
    const text = await render("kubernetes");
    const [, deployment] = parseAllDocuments(text).map((one) => one.toJS());
    const { containers, volumes } = deployment.spec.template.spec;
    const mounts: { name: string; mountPath: string; subPath: string }[] = containers[0].volumeMounts;
    const secrets = new Map<string, string>(
      volumes.flatMap(({ name, secret }: { name: string; secret?: { secretName: string } }) =>
        secret ? [[name, secret.secretName]] : [],
      ),
    );
    const given = mounts.filter(({ name }) => secrets.has(name));
    expect(given.map(({ mountPath }) => mountPath).sort()).toEqual(pathsIn(ini));
    // Each key is one that the command in the first lines makes.
    for (const { name, subPath } of given)
      expect(text).toMatch(new RegExp(`secret generic ${secrets.get(name)} .*--from-file=${subPath}`));
    expect(new Set(mounts.map(({ name }) => name))).toEqual(new Set(volumes.map(({ name }: { name: string }) => name)));
  });

  const kubectl = spawnSync("kubectl", ["version", "--client"]).status === 0 ? test : test.skip;
  kubectl("are read by kubectl as they were meant", async () => {
    const at = mkdtempSync(join(tmpdir(), "datumline-rendered-"));
    folders.push(at);
    writeFileSync(join(at, "pooler.yaml"), await rendered()("kubernetes"));
    writeFileSync(join(at, "kustomization.yaml"), "resources: [pooler.yaml]\n");
    const built = execFileSync("kubectl", ["kustomize", at], { encoding: "utf8" });
    const deployment = parseAllDocuments(built)
      .map((one) => one.toJS())
      .find(({ kind }) => kind === "Deployment");
    const { volumes } = deployment.spec.template.spec;
    // Octal, as the manifest has it.
    expect(volumes.map(({ secret }: { secret?: { defaultMode: number } }) => secret?.defaultMode)).toEqual([
      undefined,
      0o440,
      0o440,
    ]);
  });

  test("none where there is but the userlist", async () => {
    const at = folder();
    at.write("estate.yaml", ESTATE.replace(/kind: PoolerSettings[\s\S]*?---\n/, ""));
    const { out } = await at.run("render pooler -f . --for kubernetes");
    expect(out).not.toContain("pooler-files");
    expect(out).toContain('mountPath: "/etc/pgbouncer/userlist.txt"');
  });
});

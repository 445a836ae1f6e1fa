/** The wire between Terraform and a provider, with the real Terraform and a provider that has nothing behind it. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { isAlive } from "./support/processes.ts";
import {
  describeTerraform,
  providerOf,
  REQUIRED,
  succeeded,
  temporary,
  type Workspace,
  type WorkspaceOptions,
  workspace,
} from "./support/terraform.ts";

const ECHO = fileURLToPath(new URL("support/echo-provider.ts", import.meta.url));

/** A workspace whose provider is the echo; `body` is what stands in its one resource. */
function echo(body: string, options: WorkspaceOptions = {}): Promise<Workspace> {
  return workspace({ ...options, provider: ECHO, files: { "main.tf": main(body), ...options.files } });
}
const main = (body: string): string => `${REQUIRED}resource "datumline_echo" "it" {\n${body}\n}\n`;

interface Stored {
  readonly type: string;
  readonly values: Readonly<Record<string, unknown>>;
}
interface State {
  readonly values?: { readonly root_module: { readonly resources: readonly Stored[] } };
}
async function stateOf(here: Workspace): Promise<Stored["values"] | undefined> {
  const { values } = await here.show<State>();
  return values?.root_module.resources.find(({ type }) => type === "datumline_echo")?.values;
}
const seen = async (here: Workspace) => JSON.parse(String((await stateOf(here))?.seen)) as Record<string, unknown>;

const RICH = `
  text   = "h\u00e9llo \\"world\\""
  flag   = false
  list   = ["a", null, ""]
  map    = { "b c" = "x", d = null }
  secret = "s3cret"`;

describeTerraform("an object's life", () => {
  test("validate, plan, apply, nothing left to do, refresh, change, destroy", async () => {
    const here = await echo(RICH);
    expect(succeeded(await here.run("validate")).stdout).toContain("The configuration is valid");

    const plan = await here.run("plan", "-out=p", "-detailed-exitcode");
    expect(plan).toMatchObject({ status: 2, stderr: "" });
    expect(plan.stdout).toContain("CREATE\n                  it");
    expect(plan.stdout).toMatch(/seen += \(known after apply\)/);
    expect(plan.stdout).toMatch(/secret += \(write-only attribute\)/);
    succeeded(await here.run("apply", "p"));
    expect(await stateOf(here)).toMatchObject({
      text: 'h\u00e9llo "world"',
      flag: false,
      list: ["a", null, ""],
      map: { "b c": "x", d: null },
      mode: null,
      secret: null,
      changes: ["CREATE\n  it"],
    });
    expect(await seen(here)).toEqual({ secret: "s3cret", kept: "planned", greeting: "nobody", length: 13 });

    expect((await here.run("plan", "-detailed-exitcode")).status).toBe(0);
    succeeded(await here.run("apply", "-refresh-only", "-auto-approve"));
    expect((await here.run("plan", "-detailed-exitcode", "-refresh=false")).status).toBe(0);

    here.write("main.tf", main('text = "other"'));
    const change = succeeded(await here.run("apply", "-auto-approve")).stdout;
    expect(change).toContain("ALTER");
    expect(change).toContain("0 added, 1 changed, 0 destroyed");

    const destroyed = succeeded(await here.run("destroy", "-auto-approve")).stdout;
    // What was kept beside the state came back to the plan of the destruction.
    expect(destroyed).toContain("Warning: it goes, kept applied, read");
    expect(await stateOf(here)).toBeUndefined();
  });

  test("a value that is known only after something else was applied", async () => {
    const here = await echo("  text = terraform_data.other.output\n  list = [terraform_data.other.id]", {
      files: { "other.tf": 'resource "terraform_data" "other" {\n  input = "late"\n}\n' },
    });
    const plan = succeeded(await here.run("plan"));
    expect(plan.stdout).toMatch(/changes += \(known after apply\)/);
    expect(plan.stdout).toMatch(/text += \(known after apply\)/);
    succeeded(await here.run("apply", "-auto-approve"));
    expect(await stateOf(here)).toMatchObject({ text: "late", changes: ["CREATE\n  it"] });
    expect((await here.run("plan", "-detailed-exitcode")).status).toBe(0);
  });

  test("refined unknown values count as unknown", async () => {
    const here = await echo('  text = "pre-$' + '{terraform_data.other.id}"', {
      files: { "other.tf": 'resource "terraform_data" "other" {}\n' },
    });
    succeeded(await here.run("apply", "-auto-approve"));
    expect((await stateOf(here))?.text).toMatch(/^pre-.{36}$/);
  });

  test("import, and an import of nothing", async () => {
    const here = await echo('  text = "found"');
    succeeded(await here.run("import", "datumline_echo.it", "found"));
    expect(await stateOf(here)).toMatchObject({ text: "found", list: null });
    succeeded(await here.run("state", "rm", "datumline_echo.it"));
    const nothing = await here.run("import", "datumline_echo.it", "nothing");
    expect(nothing.status).toBe(1);
    expect(nothing.stderr).toContain("Error: there is no such thing");
  });

  test("an object that is gone is made again", async () => {
    const here = await echo('  mode = "vanish"');
    succeeded(await here.run("apply", "-auto-approve"));
    expect((await here.run("plan", "-detailed-exitcode")).stdout).toContain("1 to add, 0 to change, 0 to destroy");
  });

  test("a data source", async () => {
    const data = (text: string): string => `data "datumline_echo" "it" {\n  text = "${text}"\n}\n`;
    const output = 'output "length" {\n  value = data.datumline_echo.it.length\n}\n';
    const here = await workspace({ provider: ECHO, files: { "main.tf": REQUIRED + data("four") + output } });
    succeeded(await here.run("apply", "-auto-approve"));
    expect(succeeded(await here.run("output", "-raw", "length")).stdout).toBe("4");
    here.write("main.tf", REQUIRED + data("wrong") + output);
    expect((await here.run("validate")).stderr).toContain('on main.tf line 7, in data "datumline_echo" "it"');
  });

  test("the provider's own configuration", async () => {
    const here = await echo('  text = "x"', { files: { "p.tf": 'provider "datumline" {\n  greeting = "ahoy"\n}\n' } });
    succeeded(await here.run("apply", "-auto-approve"));
    expect(await seen(here)).toMatchObject({ greeting: "ahoy" });
    here.write("p.tf", 'provider "datumline" {\n  greeting = "refuse"\n}\n');
    const refused = await here.run("plan");
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/Error: not configured.*on p\.tf line 2/s);
  });
});

describeTerraform("what is told", () => {
  test("errors and warnings point to the attribute that they are about", async () => {
    const here = await echo('  text = "x"\n  mode = "invalid"');
    const invalid = await here.run("validate");
    expect(invalid.status).toBe(1);
    expect(invalid.stderr).toMatch(/Error: the mode is not valid.*on main\.tf line 8.*It was asked to\./s);

    here.write("main.tf", main('  text = "x"\n  mode = "warn"'));
    expect(succeeded(await here.run("validate")).stdout).toMatch(/Warning: be warned.*on main\.tf line 7/s);

    here.write("main.tf", main('  text = "x"\n  mode = "fail"'));
    const failed = await here.run("apply", "-auto-approve");
    expect(failed.status).toBe(1);
    expect(failed.stderr).toMatch(/Error: it failed.*on main\.tf line 7/s);
    expect(await stateOf(here)).toBeUndefined();
  });

  test.each([
    ["throw", "PlanResourceChange: thrown in plan"],
    ["throw-later", "PlanResourceChange: thrown later"],
    ["throw-apply", "ApplyResourceChange: thrown in apply"],
    ["mistyped", 'PlanResourceChange: the value of "changes" is not of type ["list","string"]'],
  ])("%s: a fault of the provider is told as its own, without a stack", async (mode, message) => {
    const here = await echo(`  mode = "${mode}"`);
    const { status, stdout, stderr } = await here.run("apply", "-auto-approve");
    expect(status).toBe(1);
    expect(stderr).toContain("Error: Datumline failed through a fault of its own");
    expect(stderr.replaceAll(/\n\W*/g, " ")).toContain(message);
    expect(stderr).toContain("TF_LOG=ERROR");
    expect(stdout + stderr).not.toMatch(/rpc error|Plugin|\bat .*:\d+:\d+/);
  });

  test("TF_LOG=ERROR shows the stack of a fault, and nothing else of the provider", async () => {
    const here = await echo('  mode = "throw"', { env: { TF_LOG: "ERROR" } });
    const { stderr } = await here.run("plan");
    expect(stderr).toMatch(/\[ERROR\].*PlanResourceChange: TypeError: thrown in plan.*at Object\.plan/s);
    expect(stderr).not.toContain("configured");
  });

  test("a fault while reading leaves the state as it is", async () => {
    const here = await echo('  text = "x"');
    succeeded(await here.run("apply", "-auto-approve"));
    here.write("main.tf", main('  text = "x"\n  mode = "throw-apply"'));
    expect((await here.run("apply", "-auto-approve")).status).toBe(1);
    expect(await stateOf(here)).toMatchObject({ text: "x", mode: null });
    here.write("main.tf", main('  text = "x"\n  mode = "throw-read"'));
    succeeded(await here.run("apply", "-auto-approve"));
    expect((await here.run("plan")).stderr).toContain("ReadResource: thrown in read");
    expect(await stateOf(here)).toMatchObject({ mode: "throw-read" });
  });
});

describeTerraform("the provider's process", () => {
  test("started by hand it says what it is", async () => {
    const { executable } = await providerOf(ECHO);
    const { status, stdout, stderr } = spawnSync(executable, { encoding: "utf8" });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("Terraform starts it by itself");
  });

  test("what was compiled is kept from one start to the next, and used where it is whole and nobody else's", async () => {
    const cache = temporary();
    const here = await echo('  text = "x"', { env: { XDG_CACHE_HOME: cache } });
    const folder = join(cache, "datumline");
    const works = async (): Promise<string> => {
      succeeded(await here.run("validate"));
      const [file, ...others] = readdirSync(folder).filter((name) => name.startsWith("provider-"));
      expect(others).toEqual([]);
      return join(folder, file as string);
    };
    const file = await works();
    const first = statSync(file).mtimeMs;
    await works();
    expect(statSync(file).mtimeMs).toBe(first);
    const content = readFileSync(file);
    content[content.length >> 1] = (content[content.length >> 1] as number) ^ 255;
    writeFileSync(file, content);
    await works();
    expect(readFileSync(file).equals(content)).toBe(false);
    chmodSync(folder, 0o777);
    const open = statSync(file).mtimeMs;
    await works();
    expect(statSync(file).mtimeMs).toBe(open);
  });

  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s to all processes of an apply stops it at a safe point",
    async (signal) => {
      const here = await echo('  mode = "slow"', { env: { TF_LOG_PROVIDER: "ERROR" } });
      const apply = here.start("apply", "-auto-approve");
      // Before the provider was called there is nothing that it could stop.
      await apply.until("slow in process");
      apply.interrupt(signal);
      const { status, stderr } = await apply.ended;
      expect(status).toBe(1);
      expect(stderr).toContain("Error: stopped at a safe point");
      expect(await stateOf(here)).toBeUndefined();
    },
  );

  test("no provider outlives a Terraform that was killed", async () => {
    const here = await echo('  mode = "slow"', { env: { TF_LOG_PROVIDER: "ERROR" } });
    const apply = here.start("apply", "-auto-approve");
    await apply.until("slow in process");
    const provider = Number(/slow in process (\d+)/.exec(apply.printed())?.[1]);
    expect(isAlive(provider)).toBe(true);
    apply.kill("SIGKILL");
    await apply.ended;
    const killed = performance.now();
    while (isAlive(provider) && performance.now() - killed < 10_000) await new Promise((go) => setTimeout(go, 50));
    expect(isAlive(provider)).toBe(false);
    expect(performance.now() - killed).toBeLessThan(3_000);
  });

  test("nothing is left in the folder for temporary files, however long its path", async () => {
    for (const length of [10, 90]) {
      const folder = join(temporary(), "x".repeat(length));
      mkdirSync(folder);
      const here = await echo('  text = "x"', { env: { TMPDIR: folder } });
      succeeded(await here.run("apply", "-auto-approve"));
      expect(readdirSync(folder)).toEqual([]);
    }
  });

  test("without TLS, where Terraform was told so", async () => {
    const here = await echo('  text = "x"', { env: { TF_DISABLE_PLUGIN_TLS: "1" } });
    succeeded(await here.run("apply", "-auto-approve"));
    expect(await stateOf(here)).toMatchObject({ text: "x" });
  });

  test("20 MB in one value", async () => {
    const here = await echo('  text = file("large")', { init: false });
    writeFileSync(join(here.path, "large"), `${"x".repeat(20_000_000)}`);
    succeeded(await here.run("init"));
    succeeded(await here.run("apply", "-auto-approve"));
    expect(await seen(here)).toMatchObject({ length: 20_000_000 });
  });
});

/** Stacks of constructs under the real Terraform, in folders of their own: `const at = stackOf(declare, env)`. */
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { App, TerraformStack } from "cdktf";
import { type Ran, succeeded, temporary } from "./terraform.ts";

/** Terraform in the folder of a stack; runs to the end, whatever its status. */
export function terraform(folder: string, env: Readonly<Record<string, string>>, ...args: readonly string[]): Ran {
  const own = Object.entries(process.env).filter(([name]) => !/^(TF|PG|DATUMLINE)_?/.test(name));
  // Terraform looks for providers below the folder that it is started in, whatever `-chdir` says.
  return spawnSync("terraform", [...args, "-no-color"], {
    cwd: folder,
    env: { ...Object.fromEntries(own), CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1", ...env },
    encoding: "utf8",
  });
}

/** Writes a stack again and again to one folder, the same that is returned; ready to plan. */
export function stackOf(declare: (stack: TerraformStack) => void, outdir = temporary()): string {
  const app = new App({ outdir });
  const stack = new TerraformStack(app, "prod");
  // Where cdktf leaves it would be the checkout.
  stack.addOverride("terraform.backend.local.path", join(outdir, "terraform.tfstate"));
  declare(stack);
  app.synth();
  const folder = join(resolve(outdir), "stacks", "prod");
  succeeded(terraform(folder, {}, "init", "-input=false"));
  return folder;
}

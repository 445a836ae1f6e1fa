/**
 * A workflow; its times are UTC. It runs on a new machine each time, so it installs what it needs: this version of Datumline with
 * the clients of its places, and the programs of PostgreSQL of every major version, of which the fitting one is taken. A
 * `command` of one's own comes from the packages of the repository.
 * https://docs.github.com/actions/reference/workflow-syntax-for-github-actions
 */
import { stringify } from "yaml";
import { packageVersion } from "../../package.ts";
import { cronText } from "../../schedule.ts";
import { shellWords } from "../../shell.ts";
import type { BackupSchedule, RestoreDrill } from "../../specs.ts";
import { type Printer, titleOf } from "./job.ts";

/** The newest of all that there are would be refused by older servers when it restores. */
const PROGRAMS = `sudo apt-get install --yes postgresql-common
sudo /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y
sudo apt-get install --yes zstd $(apt-cache search --names-only '^postgresql-client-[0-9]+$' | cut -d' ' -f1)
`;

export const githubActions: Printer = ({ name, title, command, times, runner, drill }) => {
  const { environment = {} } = runner;
  const workflow = {
    // No expression may stand there.
    name: titleOf(title).replaceAll("${{", "{{"),
    on: { schedule: [{ cron: cronText(times) }], workflow_dispatch: {} },
    concurrency: { group: name, "cancel-in-progress": false },
    permissions: { contents: "read" },
    jobs: {
      backup: {
        "runs-on": "ubuntu-latest",
        ...(Object.keys(environment).length > 0 && { env: environment }),
        steps: [
          { uses: "actions/checkout@v4" },
          { uses: "actions/setup-node@v4", with: { "node-version": 22 } },
          { run: PROGRAMS },
          ...(runner.command ? [{ run: "npm ci" }] : []),
          { run: literal(shellWords(command)) },
          // What a drill saw would be gone with the machine.
          ...(drill ? [{ uses: "actions/upload-artifact@v4", if: "always()", with: evidence(name, drill) }] : []),
        ],
      },
    },
  };
  return [{ path: `${name}.yml`, content: stringify(workflow) }];
};

/** This version, with the drivers that it does not bring. */
export function fetched({ to = [] }: BackupSchedule): readonly string[] {
  const packages = [`datumline@${packageVersion()}`, "pg@8", ...(to.some((place) => "s3" in place) ? [S3] : [])];
  return ["npx", "--yes", ...packages.map((each) => `--package=${each}`), "datumline"];
}

const S3 = "@aws-sdk/client-s3@3";

/** Names may look like an expression, which GitHub would put something in the place of before the shell sees it. */
function literal(text: string): string {
  return text.replaceAll(/\$\{\{/g, (found) => `${found} '${found}' }}`);
}

function evidence(name: string, drill: RestoreDrill): object {
  return { name, path: literal(`**/${drill.evidence ?? "evidence"}/*`) };
}

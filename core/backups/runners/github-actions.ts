/** A workflow; its times are UTC. https://docs.github.com/actions/reference/workflow-syntax-for-github-actions */
import { stringify } from "yaml";
import { cronText } from "../../schedule.ts";
import { shellWord } from "../../shell.ts";
import type { RestoreDrill } from "../../specs.ts";
import type { Printer } from "./job.ts";

export const githubActions: Printer = ({ name, title, command, times, runner, drill }) => {
  const { environment = {} } = runner;
  const workflow = {
    name: title,
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
          { run: "npm ci" },
          { run: command.map(shellWord).join(" ") },
          // What a drill saw would be gone with the machine.
          ...(drill ? [{ uses: "actions/upload-artifact@v4", if: "always()", with: evidence(name, drill) }] : []),
        ],
      },
    },
  };
  return [{ path: `${name}.yml`, content: stringify(workflow) }];
};

function evidence(name: string, drill: RestoreDrill): object {
  return { name, path: `**/${drill.evidence ?? "evidence"}/*` };
}

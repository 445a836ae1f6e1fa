/** A CronJob. https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/cron-job-v1/ */
import { stringify } from "yaml";
import { cronText } from "../../schedule.ts";
import type { Printer } from "./job.ts";

export const kubernetes: Printer = ({ name, command, times, runner }) => {
  const { image = "node:22", environment = {}, environmentFile } = runner;
  const manifest = {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name, labels: { "app.kubernetes.io/managed-by": "datumline" } },
    spec: {
      schedule: cronText(times),
      timeZone: times.timeZone,
      // Two runs of one schedule would wait for each other.
      concurrencyPolicy: "Forbid",
      startingDeadlineSeconds: 3600,
      jobTemplate: {
        spec: {
          backoffLimit: 2,
          template: {
            spec: {
              restartPolicy: "Never",
              containers: [
                {
                  name: "datumline",
                  image,
                  command,
                  env: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
                  ...(environmentFile !== undefined && { envFrom: [{ secretRef: { name: environmentFile } }] }),
                },
              ],
            },
          },
        },
      },
    },
  };
  return [{ path: `${name}.yaml`, content: stringify(manifest) }];
};

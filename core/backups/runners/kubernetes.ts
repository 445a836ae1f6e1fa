/** A CronJob. https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/cron-job-v1/ */
import { stringify } from "yaml";
import { cronText } from "../../schedule.ts";
import { type Printer, type Runner, within } from "./job.ts";

/** The controller adds a number to the name of each run. */
const LONGEST = 52;

export const kubernetes: Printer = ({ name: full, command, times, runner }) => {
  const name = within(full, LONGEST);
  const { image, environment = {}, environmentFile, volumes = [] } = runner;
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
                  // `$(NAME)` stands for a variable there, and `$$` for `$`.
                  command: command.map((word) => word.replaceAll("$", "$$$$")),
                  env: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
                  ...(environmentFile !== undefined && { envFrom: [{ secretRef: { name: environmentFile } }] }),
                  ...(volumes.length > 0 && {
                    volumeMounts: volumes.map(({ path }, at) => ({ name: `volume-${at}`, mountPath: path })),
                  }),
                },
              ],
              ...(volumes.length > 0 && { volumes: volumes.map(volumeOf) }),
            },
          },
        },
      },
    },
  };
  return [{ path: `${name}.yaml`, content: stringify(manifest) }];
};

function volumeOf({ claim, configMap, secret }: NonNullable<Runner["volumes"]>[number], at: number): object {
  return {
    name: `volume-${at}`,
    ...(claim !== undefined && { persistentVolumeClaim: { claimName: claim } }),
    ...(configMap !== undefined && { configMap: { name: configMap } }),
    ...(secret !== undefined && { secret: { secretName: secret } }),
  };
}

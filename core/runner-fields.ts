/** What runs something at its times, the same for backups and for drills of them. */
import { windowFaults } from "./backups/bounds.ts";
import { type Schedule, timesOf } from "./schedule.ts";
import { choice, keyed, list, map, object, reference, type Schema, text } from "./schema.ts";
import { shellWords } from "./shell.ts";

export const RUNNER: Schema = object(
  "What runs it: files of a data source with the engine `files`.",
  {
    on: reference("Data source that holds the files.", "DataSource", { orders: false }),
    as: choice("Scheduler; `terraform` where AWS runs it, and the files are settings of it.", [
      "systemd",
      "cron",
      "kubernetes",
      "github-actions",
      "terraform",
    ]),
    user: text("User that it runs as, for systemd and cron."),
    command: list("Command that stands for `datumline` there.", text("Word."), { minItems: 1 }),
    declaration: text("Path of the declaration there, for `-f`; all but `terraform` need it."),
    image: text(
      "Container image, for Kubernetes, which needs one: with datumline, pg, pg_dump of the server's major version, and zstd.",
    ),
    volumes: keyed(
      "Volumes of the pod, for Kubernetes: the declaration, keys, or a claim that keeps backups and evidence.",
      "path",
      object(
        "Volume: one of `claim`, `configMap` and `secret`.",
        {
          path: text("Folder that it is mounted as."),
          claim: text("Name of a PersistentVolumeClaim."),
          configMap: text("Name of a ConfigMap."),
          secret: text("Name of a Secret."),
        },
        ["path"],
      ),
    ),
    environment: map("Environment of the run: what is no secret.", text("Value.")),
    environmentFile: text("File with the secrets of its environment, for systemd; name of a Secret for Kubernetes."),
  },
  ["on", "as"],
);

/** As much of a kind as says when it runs and by what. */
export interface Scheduled {
  readonly name?: string;
  readonly schedule?: object;
  readonly runner?: {
    readonly as: keyof typeof TAKES;
    readonly declaration?: string;
    readonly command?: readonly string[];
    readonly image?: string;
    readonly user?: string;
    readonly environment?: Readonly<Record<string, string>>;
    readonly environmentFile?: string;
    readonly volumes?: readonly { readonly path: string }[];
  };
}

const COMMON = ["on", "as", "command", "declaration", "environment"];
/** Fields that each scheduler can be told. */
const TAKES = {
  systemd: [...COMMON, "user", "environmentFile"],
  cron: [...COMMON, "user", "environmentFile"],
  kubernetes: [...COMMON, "image", "environmentFile", "volumes"],
  "github-actions": COMMON,
  terraform: ["on", "as"],
} as const;

const INSTEAD: Readonly<Record<string, string>> = {
  environmentFile: ", and name secrets of GitHub in `environment`",
};

/** What is wrong with the times, or with what is to keep them, in words. */
export function runnerFaults({ name, schedule, runner }: Scheduled): string[] {
  const times = schedule && timesOf(schedule as Schedule);
  if (typeof times === "string") return [`schedule: ${times}`];
  const windows = schedule ? windowFaults(schedule as Schedule) : [];
  if (!runner) return windows;
  const { as, declaration, volumes = [], image } = runner;
  const zoned = times !== undefined && times.timeZone !== "UTC";
  const foreign = Object.keys(runner).filter((field) => !(TAKES[as] as readonly string[]).includes(field));
  return [
    ...windows,
    ...foreign.map((field) => `\`runner.${field}\`: ${as} cannot be told; leave it out${INSTEAD[field] ?? ""}`),
    ...volumes
      .filter((volume) => Object.keys(volume).length !== 2)
      .map(({ path }) => `\`runner.volumes\`: say one of \`claim\`, \`configMap\` and \`secret\` of ${path}`),
    ...(zoned && ["cron", "github-actions"].includes(as)
      ? [
          "`runner`: cron and GitHub Actions know no time zones; write the times in UTC, on a host whose clock is UTC, or take systemd",
        ]
      : []),
    ...(as !== "terraform" && declaration === undefined
      ? ["`runner.declaration` is the path of the declaration there, for `-f`: add it"]
      : []),
    ...(as === "kubernetes" && image === undefined
      ? [
          "`runner.image` is missing: name an image that holds datumline with pg, pg_dump of the server's major version, and zstd (docs/backups.md has a Dockerfile for one)",
        ]
      : []),
    ...unsayable(runner, name),
  ];
}

/** Letters of a crontab that leave room for the words around them. */
const LONGEST = 900;

/** What would not arrive as it was written, or as something else than it was meant. */
function unsayable(runner: NonNullable<Scheduled["runner"]>, name = ""): string[] {
  const { as, user, declaration = "", command = [], environment = {}, environmentFile } = runner;
  const isOnHost = as === "cron" || as === "systemd";
  const variables = Object.entries(environment);
  const said = shellWords([...command, declaration, name, environmentFile ?? ""]).length;
  const hasControls = (text: string): boolean => /\p{Cc}/u.test(text);
  const texts = { name: [name], declaration: [declaration], command, environmentFile: [environmentFile ?? ""] };
  return [
    ...Object.entries(texts).flatMap(([field, words]) =>
      words.some(hasControls)
        ? [`\`${field}\`: a scheduler takes no line breaks and control characters; leave them out`]
        : [],
    ),
    ...variables.flatMap(([key, value]) =>
      /^[A-Za-z_]\w*$/.test(key) && !value.includes("\0")
        ? []
        : [`\`runner.environment\`: ${JSON.stringify(key)} is no name of a variable; it takes letters, digits and _`],
    ),
    ...(as === "cron" ? variables : []).flatMap(([key, value]) =>
      cronValue(value) === undefined
        ? [
            `\`runner.environment\`: cron cannot be told the value of ${key}: it takes no line breaks, no blank at the end, and a quote or blank at the beginning only where not both quotes are in it; put it into \`environmentFile\``,
          ]
        : [],
    ),
    ...(as === "cron" && (said > LONGEST || variables.some(([, value]) => value.length > LONGEST))
      ? ["`runner`: cron runs no command, and takes no value, of 1000 letters or more; shorten paths, or take systemd"]
      : []),
    ...(user !== undefined && !/^[A-Za-z_][\w.-]*\$?$/.test(user)
      ? [`\`runner.user\`: ${JSON.stringify(user)} is no name of a user`]
      : []),
    ...(isOnHost && environmentFile !== undefined && !environmentFile.startsWith("/")
      ? ["`runner.environmentFile`: write its whole path, from `/` on"]
      : []),
  ];
}

/** A value of the environment as a crontab has it: nothing in it is escaped. Undefined where it cannot be said. */
export function cronValue(value: string): string | undefined {
  const quote = ["'", '"'].find((one) => !value.includes(one));
  // A blank at the end goes, also one in quotes.
  if (/[\r\n\0]|\s$/.test(value)) return undefined;
  if (quote !== undefined) return `${quote}${value}${quote}`;
  return /^[^\s'"]/.test(value) ? value : undefined;
}

import { address } from "../address.ts";
import { NAME } from "../fragments.ts";
import { thresholdFaults } from "../health/thresholds.ts";
import { defineKind } from "../kind.ts";
import { choice, map, object, text, whole } from "../schema.ts";
import {
  CLIENT_POOL,
  CLIENTS,
  CONNECTION,
  duration,
  EXTERNAL,
  FILES,
  HEALTH,
  LIMITS,
  PGBOUNCER,
  REGISTRY,
  REPLICAS,
} from "../source-fields.ts";
import type { DataSource } from "../specs.ts";

const MODE = choice(
  "How far Datumline may go: `observe` reports, `additive` makes what is declared and drops only what it made, `authoritative` drops whatever is not declared.",
  ["observe", "additive", "authoritative"],
);
const MODES = map("Mode by name; `*` stands for any characters.", MODE);

export const dataSource = defineKind<DataSource>({
  name: "DataSource",
  rank: 0,
  planned: false,
  summary: "A system that holds data: its engine, how to reach it and how much of it is ours to change.",
  fields: {
    name: NAME,
    engine: text("Engine that speaks to it.", { examples: ["postgresql"] }),
    connection: CONNECTION,
    manage: object("How far Datumline may go, and where.", {
      mode: { ...MODE, default: "additive" },
      schemas: { ...MODES, description: "Mode by schema; `*` stands for any characters." },
      roles: { ...MODES, description: "Mode by role; `*` stands for any characters." },
      kinds: { ...MODES, description: "Mode by kind, for what belongs to no schema or role named above." },
      maxDrops: whole("A plan that drops more than this many objects is refused.", { minimum: 0 }),
      requireDrill: object(
        "A plan that would delete data is refused without a RestoreDrill that held lately.",
        {
          within: duration("How long ago at most."),
          evidence: text("Folder with the evidence of drills.", { default: "evidence" }),
        },
        ["within"],
      ),
      maxRevokes: whole("A plan that takes away more than this many privileges is refused.", { minimum: 0 }),
    }),
    external: EXTERNAL,
    ledger: {
      anyOf: [
        { const: "none", description: "Keep no ledger: every plan asks the server how it spells each text." },
        object("Where the ledger is kept.", { schema: text("Schema of the ledger.", { default: "datumline" }) }),
      ],
      description: "Where Datumline keeps what it has applied: a schema of the target, or `none`.",
    },
    replicas: REPLICAS,
    pool: CLIENT_POOL,
    clients: CLIENTS,
    limits: LIMITS,
    health: HEALTH,
    files: FILES,
    pgbouncer: PGBOUNCER,
    ...REGISTRY,
  },
  required: ["name", "engine", "connection"],
  address: (spec) => address("DataSource", spec.name),
  check: (spec) => [...nameFaults(spec), ...check(spec), ...thresholdFaults(spec)],
});

/** A token of IAM is a password that everybody on the way could use, if it were not encrypted. */
/** It stands in files of schedulers, in comments and in commands. */
function nameFaults({ name }: DataSource): string[] {
  return /\p{Cc}/u.test(name) ? ["`name` takes no line breaks and control characters; leave them out"] : [];
}

function check({ connection: { iam, password, tls } }: DataSource): string[] {
  if (!iam) return [];
  const mode = tls?.mode ?? "require";
  return [
    ...(password ? ["`connection.iam` logs in without a `password`: leave one of them out"] : []),
    ...(mode === "disable" || mode === "prefer"
      ? [`\`connection.iam\` needs an encrypted connection: \`tls.mode\` is \`require\` or more, not \`${mode}\``]
      : []),
  ];
}

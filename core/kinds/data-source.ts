import { address } from "../address.ts";
import { NAME, SECRET } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { choice, list, map, object, set, text, whole } from "../schema.ts";
import type { DataSource } from "../specs.ts";

const MODE = choice(
  "How far Datumline may go: `observe` reports, `additive` makes what is declared and drops only what it made, `authoritative` drops whatever is not declared.",
  ["observe", "additive", "authoritative"],
);
const MODES = map("Mode by name; `*` stands for any characters.", MODE);

export const dataSource = defineKind<DataSource>({
  name: "DataSource",
  rank: 0,
  summary: "A system that holds data: its engine, how to reach it and how much of it is ours to change.",
  fields: {
    name: NAME,
    engine: text("Engine that speaks to it.", { examples: ["postgresql"] }),
    connection: object("How to reach it: the fields one by one, or a URL kept as a secret.", {
      url: SECRET,
      host: text("Host name, address, or directory of a Unix socket."),
      port: whole("Port.", { minimum: 1, maximum: 65535 }),
      database: text("Database."),
      user: text("User."),
      password: SECRET,
      tls: object("Encryption of the connection.", {
        mode: choice("What is encrypted and checked.", ["disable", "prefer", "require", "verify-ca", "verify-full"], {
          default: "prefer",
        }),
        ca: SECRET,
        cert: SECRET,
        key: SECRET,
      }),
      connectTimeout: whole("Seconds until an attempt to connect is given up.", { minimum: 1, default: 10 }),
      lockTimeout: whole("Seconds that a statement waits for a lock before the run gives up and undoes itself.", {
        minimum: 1,
        default: 10,
      }),
    }),
    manage: object("How far Datumline may go, and where.", {
      mode: { ...MODE, default: "additive" },
      schemas: { ...MODES, description: "Mode by schema; `*` stands for any characters." },
      roles: { ...MODES, description: "Mode by role; `*` stands for any characters." },
      kinds: { ...MODES, description: "Mode by kind, for what belongs to no schema or role named above." },
      maxDrops: whole("A plan that drops more than this many objects is refused.", { minimum: 0 }),
      maxRevokes: whole("A plan that takes away more than this many privileges is refused.", { minimum: 0 }),
    }),
    external: object("What others own and these documents refer to; `*` stands for any characters.", {
      schemas: set("Schemas.", text("Name or pattern.")),
      roles: set("Roles.", text("Name or pattern.")),
    }),
    ledger: {
      anyOf: [
        { const: "none", description: "Keep no ledger: every plan asks the server how it spells each text." },
        object("Where the ledger is kept.", { schema: text("Schema of the ledger.", { default: "datumline" }) }),
      ],
      description: "Where Datumline keeps what it has applied: a schema of the target, or `none`.",
    },
    environment: text("Environment, such as `production`."),
    owner: text("Team that answers for it."),
    tags: list("Words to find it by.", text("Word.")),
  },
  required: ["name", "engine", "connection"],
  address: (spec) => address("DataSource", spec.name),
});

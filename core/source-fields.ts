/** What is said of a data source beyond its name: how to reach it, where it is, who answers for it, what it can bear. */
import { SCALAR, SECRET } from "./fragments.ts";
import { choice, flag, keyed, list, map, object, reference, type Schema, set, text, whole } from "./schema.ts";

/** `500ms`, `30s`, `5min`, `2h`, `7d`. */
export const duration = (description: string, more: Schema = {}): Schema =>
  text(description, { pattern: "^\\d+(ms|s|min|h|d)$", ...more });

const HOST = text("Host name, address, or directory of a Unix socket.");
const PORT = whole("Port.", { minimum: 1, maximum: 65535 });

const TLS = object("Encryption of the connection.", {
  mode: choice("What is encrypted and checked.", ["disable", "prefer", "require", "verify-ca", "verify-full"], {
    default: "prefer",
  }),
  ca: SECRET,
  cert: SECRET,
  key: SECRET,
});

export const CONNECTION: Schema = object("How to reach it: the fields one by one, or a URL kept as a secret.", {
  url: SECRET,
  path: text("Folder, where the system is one, relative to where Datumline runs.", { path: true }),
  host: HOST,
  port: PORT,
  database: text("Database."),
  user: text("User."),
  password: SECRET,
  iam: object(
    "Logs in with a token of AWS IAM in place of a password (RDS, Aurora); the connection is encrypted then.",
    {
      region: text("Region of the instance, such as `eu-central-1`; by default that of the environment."),
      profile: text("Profile of the AWS configuration."),
    },
  ),
  tls: TLS,
  tunnel: object(
    "Through a bastion host, by the system's `ssh`, which also reads its own configuration.",
    {
      host: text("Bastion host, or a `Host` of the SSH configuration."),
      port: whole("Its port.", { minimum: 1, maximum: 65535, default: 22 }),
      user: text("User there."),
      key: { ...SECRET, description: `Private key; by default what the system's \`ssh\` finds. ${SECRET.description}` },
      knownHosts: {
        ...SECRET,
        description:
          "Keys of the bastion, as in `known_hosts`; by default those of the user. An unknown host is refused.",
      },
    },
    ["host"],
  ),
  connectTimeout: whole("Seconds until an attempt to connect is given up.", { minimum: 1, default: 10 }),
  lockTimeout: whole("Seconds that a statement waits for a lock before the run gives up and undoes itself.", {
    minimum: 1,
    default: 10,
  }),
  retry: object("What a failure that may pass (starting up, no free slot, connection lost) is answered with.", {
    attempts: whole("How often it is tried in all.", { minimum: 1, maximum: 20, default: 3 }),
    delay: duration("Wait after the first attempt; doubled after each, with chance in it.", { default: "250ms" }),
  }),
});

/** Pool that one process of a client keeps open. */
export const CLIENT_POOL: Schema = object("Pool of connections that each process of a client keeps.", {
  size: whole("Connections that stay open.", { minimum: 1, default: 5 }),
  overflow: whole("Further ones for a rush.", { minimum: 0, default: 10 }),
  timeout: duration("How long a client waits for a free one.", { default: "30s" }),
  recycle: duration("Age at which a connection is replaced.", { default: "300s" }),
  prePing: flag("Tests a connection before it is handed out.", true),
});

export const REPLICAS: Schema = keyed(
  "Read replicas.",
  "name",
  object(
    "Replica: what it says of the connection comes before what the data source says.",
    {
      name: text("Name."),
      host: HOST,
      port: PORT,
      maxLag: duration("Lag from which it counts as late.", { default: "30s" }),
    },
    ["name", "host"],
  ),
);

export const CLIENTS: Schema = keyed(
  "Programs that connect to it directly, past any ConnectionPool, for the sum of connections.",
  "name",
  object(
    "Client.",
    {
      name: text("Name."),
      user: reference("Role that it connects as.", "Role", { orders: false }),
      processes: whole("Processes, each with a pool of its own.", { minimum: 1, default: 1 }),
      pool: CLIENT_POOL,
    },
    ["name"],
  ),
);

export const LIMITS: Schema = object("Connections that the server takes; by default what it says itself.", {
  maxConnections: whole("In all.", { minimum: 1 }),
  reserved: whole("Kept free for superusers and for operations.", { minimum: 0, default: 3 }),
});

const bounds = (what: string, form: Schema): Schema =>
  object(what, {
    warning: { ...form, description: `From here on a warning. ${form.description}` },
    critical: { ...form, description: `From here on critical. ${form.description}` },
  });
const SHARE: Schema = { type: "string", pattern: "^\\d+(\\.\\d+)?%$", examples: ["80%"], description: "A share in %." };
const SPAN: Schema = {
  type: "string",
  pattern: "^\\d+(ms|s|min|h|d)$",
  examples: ["30s"],
  description: "A time in ms, s, min, h or d.",
};
const SIZE: Schema = {
  type: "string",
  pattern: "^\\d+(\\.\\d+)?(kB|MB|GB|TB)$",
  examples: ["50GB"],
  description: "A size in kB, MB, GB or TB, of 1024 each.",
};

export const HEALTH: Schema = object("From when on it is not healthy, for `datumline health` and its alerts.", {
  latency: bounds("Time of a trivial query.", SPAN),
  connections: bounds("Share of the server's connections in use.", SHARE),
  poolWait: bounds("Longest wait of a client for a connection of a pool.", SPAN),
  cacheHitRatio: bounds("Share of reads that memory answers; less is worse.", SHARE),
  replicationLag: bounds("How far replicas are behind.", SPAN),
  longestTransaction: bounds("Age of the oldest transaction.", SPAN),
  size: bounds("Size of the database.", SIZE),
  backupAge: bounds("Age of the newest good backup.", SPAN),
  restoreAge: bounds("Age of the last restore that was tried.", SPAN),
  proofAge: bounds("Age of the last proof.", SPAN),
});

/** What a registry of data sources wants to know. */
export const REGISTRY: Readonly<Record<string, Schema>> = {
  environment: text("Environment, such as `production`."),
  location: choice("Where it runs.", ["on-premises", "cloud", "hybrid"]),
  cloud: object(
    "Cloud that it runs in.",
    {
      provider: choice("Provider.", ["aws", "azure", "gcp"]),
      region: text("Region."),
      account: text("Account, subscription or project."),
      service: text("Service, such as `rds`, `cloud-sql`, `flexible-server`."),
      resource: text("Name of the instance or cluster there."),
      settings: map("Further settings.", SCALAR),
    },
    ["provider"],
  ),
  criticality: choice("How much depends on it.", ["low", "medium", "high", "critical"]),
  classification: text("Highest class of the data in it, such as `confidential`."),
  owner: text("Team that answers for it."),
  tags: list("Words to find it by.", text("Word.")),
  properties: map("Further facts, by name.", SCALAR),
  encryption: object("What is said of it elsewhere and cannot be seen from a connection.", {
    atRest: flag("Its storage is encrypted."),
    backups: flag("Its backups are encrypted."),
  }),
  scan: object("How it may be looked through for what is in it.", {
    every: duration("How often."),
    strategy: choice("How much of its strength that may take.", ["conservative", "balanced", "aggressive"], {
      default: "balanced",
    }),
  }),
  monitored: flag("`datumline health` looks at it.", true),
};

/** Of the engine `files`. */
export const FILES: Schema = object("A folder of files that schedulers and the like read.", {
  after: list(
    "Commands that run after a change, in order.",
    list("Command and its arguments.", text("Word."), { minItems: 1 }),
  ),
});

/** Of the engine `pgbouncer`, whose console stands under `connection`. */
export const PGBOUNCER: Schema = object("Files of a PgBouncer, and how it is restarted.", {
  config: text("Its `pgbouncer.ini`, as this machine sees it; by default the file that the console names.", {
    path: true,
  }),
  userlist: text("Its userlist, as this machine sees it; by default the file that the configuration names.", {
    path: true,
  }),
  restart: list("Command that restarts it, for settings that nothing else changes.", text("Word."), {
    minItems: 1,
    examples: [["systemctl", "restart", "pgbouncer"]],
  }),
});

export const EXTERNAL: Schema = object("What others own and these documents refer to; `*` stands for any characters.", {
  schemas: set("Schemas.", text("Name or pattern.")),
  roles: set("Roles.", text("Name or pattern.")),
});

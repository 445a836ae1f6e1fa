// Generated from the schemas in core/kinds by `npm run generate`; not to be edited by hand.

/** A system that holds data: its engine, how to reach it and how much of it is ours to change. */
export type DataSource = {
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** Engine that speaks to it. */
  readonly engine: string;
  /** How to reach it: the fields one by one, or a URL kept as a secret. */
  readonly connection: {
    /** A secret by reference, never a literal: `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }`, or where a secret manager keeps it. */
    readonly url?: {
      /** Name of an environment variable that holds the secret. */
      readonly env?: string;
      /** Path of a file that holds the secret, relative to the document; one trailing line break is ignored. */
      readonly file?: string;
      /** A command and its arguments; what it prints is the secret. */
      readonly exec?: readonly string[];
      /** AWS Secrets Manager: name or ARN of the secret. */
      readonly awsSecret?: string | {
        /** Name or ARN. */
        readonly id: string;
        /** Region; by default that of the environment. */
        readonly region?: string;
        /** Stage of the version. @default "AWSCURRENT" */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** HashiCorp Vault, key-value store: `mount/path` of the secret. */
      readonly vault?: string | {
        /** Mount and path, such as `secret/warehouse`. */
        readonly id: string;
        /** Address of the server; by default VAULT_ADDR. */
        readonly address?: string;
        /** Namespace; by default VAULT_NAMESPACE. */
        readonly namespace?: string;
        /** Version; by default the newest. */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** Google Secret Manager: `projects/P/secrets/S`. */
      readonly gcpSecret?: string | {
        /** Resource name: `projects/P/secrets/S`, or `projects/P/locations/L/secrets/S`. */
        readonly id: string;
        /** Version. @default "latest" */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** Azure Key Vault: `VAULT/NAME`. */
      readonly azureSecret?: string | {
        /** Names of the vault and of the secret: `VAULT/NAME`; in other clouds the identifier of the secret, a URL. */
        readonly id: string;
        /** Version; by default the newest. */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** Secret mounted into the pod: `NAME/KEY`. */
      readonly kubernetesSecret?: string | {
        /** Name and key: `NAME/KEY`. */
        readonly id: string;
        /** Folder under which secrets are mounted. @default "/var/run/secrets" */
        readonly mount?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
    };
    /** Folder, where the system is one, relative to where Datumline runs. */
    readonly path?: string;
    /** Host name, address, or directory of a Unix socket. */
    readonly host?: string;
    /** Port. */
    readonly port?: number;
    /** Database. */
    readonly database?: string;
    /** User. */
    readonly user?: string;
    /** A secret by reference, never a literal: `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }`, or where a secret manager keeps it. */
    readonly password?: {
      /** Name of an environment variable that holds the secret. */
      readonly env?: string;
      /** Path of a file that holds the secret, relative to the document; one trailing line break is ignored. */
      readonly file?: string;
      /** A command and its arguments; what it prints is the secret. */
      readonly exec?: readonly string[];
      /** AWS Secrets Manager: name or ARN of the secret. */
      readonly awsSecret?: string | {
        /** Name or ARN. */
        readonly id: string;
        /** Region; by default that of the environment. */
        readonly region?: string;
        /** Stage of the version. @default "AWSCURRENT" */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** HashiCorp Vault, key-value store: `mount/path` of the secret. */
      readonly vault?: string | {
        /** Mount and path, such as `secret/warehouse`. */
        readonly id: string;
        /** Address of the server; by default VAULT_ADDR. */
        readonly address?: string;
        /** Namespace; by default VAULT_NAMESPACE. */
        readonly namespace?: string;
        /** Version; by default the newest. */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** Google Secret Manager: `projects/P/secrets/S`. */
      readonly gcpSecret?: string | {
        /** Resource name: `projects/P/secrets/S`, or `projects/P/locations/L/secrets/S`. */
        readonly id: string;
        /** Version. @default "latest" */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** Azure Key Vault: `VAULT/NAME`. */
      readonly azureSecret?: string | {
        /** Names of the vault and of the secret: `VAULT/NAME`; in other clouds the identifier of the secret, a URL. */
        readonly id: string;
        /** Version; by default the newest. */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** Secret mounted into the pod: `NAME/KEY`. */
      readonly kubernetesSecret?: string | {
        /** Name and key: `NAME/KEY`. */
        readonly id: string;
        /** Folder under which secrets are mounted. @default "/var/run/secrets" */
        readonly mount?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
    };
    /** Logs in with a token of AWS IAM in place of a password (RDS, Aurora); the connection is encrypted then. */
    readonly iam?: {
      /** Region of the instance, such as `eu-central-1`; by default that of the environment. */
      readonly region?: string;
      /** Profile of the AWS configuration. */
      readonly profile?: string;
    };
    /** Encryption of the connection. */
    readonly tls?: {
      /** What is encrypted and checked. @default "prefer" */
      readonly mode?: "disable" | "prefer" | "require" | "verify-ca" | "verify-full";
      /** A secret by reference, never a literal: `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }`, or where a secret manager keeps it. */
      readonly ca?: {
        /** Name of an environment variable that holds the secret. */
        readonly env?: string;
        /** Path of a file that holds the secret, relative to the document; one trailing line break is ignored. */
        readonly file?: string;
        /** A command and its arguments; what it prints is the secret. */
        readonly exec?: readonly string[];
        /** AWS Secrets Manager: name or ARN of the secret. */
        readonly awsSecret?: string | {
          /** Name or ARN. */
          readonly id: string;
          /** Region; by default that of the environment. */
          readonly region?: string;
          /** Stage of the version. @default "AWSCURRENT" */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** HashiCorp Vault, key-value store: `mount/path` of the secret. */
        readonly vault?: string | {
          /** Mount and path, such as `secret/warehouse`. */
          readonly id: string;
          /** Address of the server; by default VAULT_ADDR. */
          readonly address?: string;
          /** Namespace; by default VAULT_NAMESPACE. */
          readonly namespace?: string;
          /** Version; by default the newest. */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Google Secret Manager: `projects/P/secrets/S`. */
        readonly gcpSecret?: string | {
          /** Resource name: `projects/P/secrets/S`, or `projects/P/locations/L/secrets/S`. */
          readonly id: string;
          /** Version. @default "latest" */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Azure Key Vault: `VAULT/NAME`. */
        readonly azureSecret?: string | {
          /** Names of the vault and of the secret: `VAULT/NAME`; in other clouds the identifier of the secret, a URL. */
          readonly id: string;
          /** Version; by default the newest. */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Secret mounted into the pod: `NAME/KEY`. */
        readonly kubernetesSecret?: string | {
          /** Name and key: `NAME/KEY`. */
          readonly id: string;
          /** Folder under which secrets are mounted. @default "/var/run/secrets" */
          readonly mount?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
      };
      /** A secret by reference, never a literal: `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }`, or where a secret manager keeps it. */
      readonly cert?: {
        /** Name of an environment variable that holds the secret. */
        readonly env?: string;
        /** Path of a file that holds the secret, relative to the document; one trailing line break is ignored. */
        readonly file?: string;
        /** A command and its arguments; what it prints is the secret. */
        readonly exec?: readonly string[];
        /** AWS Secrets Manager: name or ARN of the secret. */
        readonly awsSecret?: string | {
          /** Name or ARN. */
          readonly id: string;
          /** Region; by default that of the environment. */
          readonly region?: string;
          /** Stage of the version. @default "AWSCURRENT" */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** HashiCorp Vault, key-value store: `mount/path` of the secret. */
        readonly vault?: string | {
          /** Mount and path, such as `secret/warehouse`. */
          readonly id: string;
          /** Address of the server; by default VAULT_ADDR. */
          readonly address?: string;
          /** Namespace; by default VAULT_NAMESPACE. */
          readonly namespace?: string;
          /** Version; by default the newest. */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Google Secret Manager: `projects/P/secrets/S`. */
        readonly gcpSecret?: string | {
          /** Resource name: `projects/P/secrets/S`, or `projects/P/locations/L/secrets/S`. */
          readonly id: string;
          /** Version. @default "latest" */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Azure Key Vault: `VAULT/NAME`. */
        readonly azureSecret?: string | {
          /** Names of the vault and of the secret: `VAULT/NAME`; in other clouds the identifier of the secret, a URL. */
          readonly id: string;
          /** Version; by default the newest. */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Secret mounted into the pod: `NAME/KEY`. */
        readonly kubernetesSecret?: string | {
          /** Name and key: `NAME/KEY`. */
          readonly id: string;
          /** Folder under which secrets are mounted. @default "/var/run/secrets" */
          readonly mount?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
      };
      /** A secret by reference, never a literal: `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }`, or where a secret manager keeps it. */
      readonly key?: {
        /** Name of an environment variable that holds the secret. */
        readonly env?: string;
        /** Path of a file that holds the secret, relative to the document; one trailing line break is ignored. */
        readonly file?: string;
        /** A command and its arguments; what it prints is the secret. */
        readonly exec?: readonly string[];
        /** AWS Secrets Manager: name or ARN of the secret. */
        readonly awsSecret?: string | {
          /** Name or ARN. */
          readonly id: string;
          /** Region; by default that of the environment. */
          readonly region?: string;
          /** Stage of the version. @default "AWSCURRENT" */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** HashiCorp Vault, key-value store: `mount/path` of the secret. */
        readonly vault?: string | {
          /** Mount and path, such as `secret/warehouse`. */
          readonly id: string;
          /** Address of the server; by default VAULT_ADDR. */
          readonly address?: string;
          /** Namespace; by default VAULT_NAMESPACE. */
          readonly namespace?: string;
          /** Version; by default the newest. */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Google Secret Manager: `projects/P/secrets/S`. */
        readonly gcpSecret?: string | {
          /** Resource name: `projects/P/secrets/S`, or `projects/P/locations/L/secrets/S`. */
          readonly id: string;
          /** Version. @default "latest" */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Azure Key Vault: `VAULT/NAME`. */
        readonly azureSecret?: string | {
          /** Names of the vault and of the secret: `VAULT/NAME`; in other clouds the identifier of the secret, a URL. */
          readonly id: string;
          /** Version; by default the newest. */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Secret mounted into the pod: `NAME/KEY`. */
        readonly kubernetesSecret?: string | {
          /** Name and key: `NAME/KEY`. */
          readonly id: string;
          /** Folder under which secrets are mounted. @default "/var/run/secrets" */
          readonly mount?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
      };
    };
    /** Through a bastion host, by the system's `ssh`, which also reads its own configuration. */
    readonly tunnel?: {
      /** Bastion host, or a `Host` of the SSH configuration. */
      readonly host: string;
      /** Its port. @default 22 */
      readonly port?: number;
      /** User there. */
      readonly user?: string;
      /** Private key; by default what the system's `ssh` finds. A secret by reference, never a literal: `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }`, or where a secret manager keeps it. */
      readonly key?: {
        /** Name of an environment variable that holds the secret. */
        readonly env?: string;
        /** Path of a file that holds the secret, relative to the document; one trailing line break is ignored. */
        readonly file?: string;
        /** A command and its arguments; what it prints is the secret. */
        readonly exec?: readonly string[];
        /** AWS Secrets Manager: name or ARN of the secret. */
        readonly awsSecret?: string | {
          /** Name or ARN. */
          readonly id: string;
          /** Region; by default that of the environment. */
          readonly region?: string;
          /** Stage of the version. @default "AWSCURRENT" */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** HashiCorp Vault, key-value store: `mount/path` of the secret. */
        readonly vault?: string | {
          /** Mount and path, such as `secret/warehouse`. */
          readonly id: string;
          /** Address of the server; by default VAULT_ADDR. */
          readonly address?: string;
          /** Namespace; by default VAULT_NAMESPACE. */
          readonly namespace?: string;
          /** Version; by default the newest. */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Google Secret Manager: `projects/P/secrets/S`. */
        readonly gcpSecret?: string | {
          /** Resource name: `projects/P/secrets/S`, or `projects/P/locations/L/secrets/S`. */
          readonly id: string;
          /** Version. @default "latest" */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Azure Key Vault: `VAULT/NAME`. */
        readonly azureSecret?: string | {
          /** Names of the vault and of the secret: `VAULT/NAME`; in other clouds the identifier of the secret, a URL. */
          readonly id: string;
          /** Version; by default the newest. */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Secret mounted into the pod: `NAME/KEY`. */
        readonly kubernetesSecret?: string | {
          /** Name and key: `NAME/KEY`. */
          readonly id: string;
          /** Folder under which secrets are mounted. @default "/var/run/secrets" */
          readonly mount?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
      };
      /** Keys of the bastion, as in `known_hosts`; by default those of the user. An unknown host is refused. */
      readonly knownHosts?: {
        /** Name of an environment variable that holds the secret. */
        readonly env?: string;
        /** Path of a file that holds the secret, relative to the document; one trailing line break is ignored. */
        readonly file?: string;
        /** A command and its arguments; what it prints is the secret. */
        readonly exec?: readonly string[];
        /** AWS Secrets Manager: name or ARN of the secret. */
        readonly awsSecret?: string | {
          /** Name or ARN. */
          readonly id: string;
          /** Region; by default that of the environment. */
          readonly region?: string;
          /** Stage of the version. @default "AWSCURRENT" */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** HashiCorp Vault, key-value store: `mount/path` of the secret. */
        readonly vault?: string | {
          /** Mount and path, such as `secret/warehouse`. */
          readonly id: string;
          /** Address of the server; by default VAULT_ADDR. */
          readonly address?: string;
          /** Namespace; by default VAULT_NAMESPACE. */
          readonly namespace?: string;
          /** Version; by default the newest. */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Google Secret Manager: `projects/P/secrets/S`. */
        readonly gcpSecret?: string | {
          /** Resource name: `projects/P/secrets/S`, or `projects/P/locations/L/secrets/S`. */
          readonly id: string;
          /** Version. @default "latest" */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Azure Key Vault: `VAULT/NAME`. */
        readonly azureSecret?: string | {
          /** Names of the vault and of the secret: `VAULT/NAME`; in other clouds the identifier of the secret, a URL. */
          readonly id: string;
          /** Version; by default the newest. */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Secret mounted into the pod: `NAME/KEY`. */
        readonly kubernetesSecret?: string | {
          /** Name and key: `NAME/KEY`. */
          readonly id: string;
          /** Folder under which secrets are mounted. @default "/var/run/secrets" */
          readonly mount?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
      };
    };
    /** Seconds until an attempt to connect is given up. @default 10 */
    readonly connectTimeout?: number;
    /** Seconds that a statement waits for a lock before the run gives up and undoes itself. @default 10 */
    readonly lockTimeout?: number;
    /** What a failure that may pass (starting up, no free slot, connection lost) is answered with. */
    readonly retry?: {
      /** How often it is tried in all. @default 3 */
      readonly attempts?: number;
      /** Wait after the first attempt; doubled after each, with chance in it. @default "250ms" */
      readonly delay?: string;
    };
  };
  /** How far Datumline may go, and where. */
  readonly manage?: {
    /** How far Datumline may go: `observe` reports, `additive` makes what is declared and drops only what it made, `authoritative` drops whatever is not declared. @default "additive" */
    readonly mode?: "observe" | "additive" | "authoritative";
    /** Mode by schema; `*` stands for any characters. */
    readonly schemas?: { readonly [name: string]: "observe" | "additive" | "authoritative" };
    /** Mode by role; `*` stands for any characters. */
    readonly roles?: { readonly [name: string]: "observe" | "additive" | "authoritative" };
    /** Mode by kind, for what belongs to no schema or role named above. */
    readonly kinds?: { readonly [name: string]: "observe" | "additive" | "authoritative" };
    /** A plan that drops more than this many objects is refused. */
    readonly maxDrops?: number;
    /** A plan that would delete data is refused without a RestoreDrill that held lately. */
    readonly requireDrill?: {
      /** How long ago at most. */
      readonly within: string;
      /** Folder with the evidence of drills. @default "evidence" */
      readonly evidence?: string;
    };
    /** A plan that takes away more than this many privileges is refused. */
    readonly maxRevokes?: number;
  };
  /** What others own and these documents refer to; `*` stands for any characters. */
  readonly external?: {
    /** Schemas. */
    readonly schemas?: readonly string[];
    /** Roles. */
    readonly roles?: readonly string[];
  };
  /** Where Datumline keeps what it has applied: a schema of the target, or `none`. */
  readonly ledger?: "none" | {
    /** Schema of the ledger. @default "datumline" */
    readonly schema?: string;
  };
  /** Read replicas. */
  readonly replicas?: readonly {
    /** Name. */
    readonly name: string;
    /** Host name, address, or directory of a Unix socket. */
    readonly host: string;
    /** Port. */
    readonly port?: number;
    /** Lag from which it counts as late. @default "30s" */
    readonly maxLag?: string;
  }[];
  /** Pool of connections that each process of a client keeps. */
  readonly pool?: {
    /** Connections that stay open. @default 5 */
    readonly size?: number;
    /** Further ones for a rush. @default 10 */
    readonly overflow?: number;
    /** How long a client waits for a free one. @default "30s" */
    readonly timeout?: string;
    /** Age at which a connection is replaced. @default "300s" */
    readonly recycle?: string;
    /** Tests a connection before it is handed out. @default true */
    readonly prePing?: boolean;
  };
  /** Programs that connect to it directly, past any ConnectionPool, for the sum of connections. */
  readonly clients?: readonly {
    /** Name. */
    readonly name: string;
    /** Role that it connects as. */
    readonly user?: string;
    /** Processes, each with a pool of its own. @default 1 */
    readonly processes?: number;
    /** Pool of connections that each process of a client keeps. */
    readonly pool?: {
      /** Connections that stay open. @default 5 */
      readonly size?: number;
      /** Further ones for a rush. @default 10 */
      readonly overflow?: number;
      /** How long a client waits for a free one. @default "30s" */
      readonly timeout?: string;
      /** Age at which a connection is replaced. @default "300s" */
      readonly recycle?: string;
      /** Tests a connection before it is handed out. @default true */
      readonly prePing?: boolean;
    };
  }[];
  /** Connections that the server takes; by default what it says itself. */
  readonly limits?: {
    /** In all. */
    readonly maxConnections?: number;
    /** Kept free for superusers and for operations. @default 3 */
    readonly reserved?: number;
  };
  /** From when on it is not healthy, for `datumline health` and its alerts. */
  readonly health?: {
    /** Time of a trivial query. */
    readonly latency?: {
      /** From here on a warning. A time in ms, s, min, h or d. */
      readonly warning?: string;
      /** From here on critical. A time in ms, s, min, h or d. */
      readonly critical?: string;
    };
    /** Share of the server's connections in use. */
    readonly connections?: {
      /** From here on a warning. A share in %. */
      readonly warning?: string;
      /** From here on critical. A share in %. */
      readonly critical?: string;
    };
    /** Longest wait of a client for a connection of a pool. */
    readonly poolWait?: {
      /** From here on a warning. A time in ms, s, min, h or d. */
      readonly warning?: string;
      /** From here on critical. A time in ms, s, min, h or d. */
      readonly critical?: string;
    };
    /** Share of reads that memory answers; less is worse. */
    readonly cacheHitRatio?: {
      /** From here on a warning. A share in %. */
      readonly warning?: string;
      /** From here on critical. A share in %. */
      readonly critical?: string;
    };
    /** How far replicas are behind. */
    readonly replicationLag?: {
      /** From here on a warning. A time in ms, s, min, h or d. */
      readonly warning?: string;
      /** From here on critical. A time in ms, s, min, h or d. */
      readonly critical?: string;
    };
    /** Age of the oldest transaction. */
    readonly longestTransaction?: {
      /** From here on a warning. A time in ms, s, min, h or d. */
      readonly warning?: string;
      /** From here on critical. A time in ms, s, min, h or d. */
      readonly critical?: string;
    };
    /** Size of the database. */
    readonly size?: {
      /** From here on a warning. A size in kB, MB, GB or TB, of 1024 each. */
      readonly warning?: string;
      /** From here on critical. A size in kB, MB, GB or TB, of 1024 each. */
      readonly critical?: string;
    };
    /** Age of the newest good backup. */
    readonly backupAge?: {
      /** From here on a warning. A time in ms, s, min, h or d. */
      readonly warning?: string;
      /** From here on critical. A time in ms, s, min, h or d. */
      readonly critical?: string;
    };
    /** Age of the last restore that was tried. */
    readonly restoreAge?: {
      /** From here on a warning. A time in ms, s, min, h or d. */
      readonly warning?: string;
      /** From here on critical. A time in ms, s, min, h or d. */
      readonly critical?: string;
    };
    /** Age of the last proof. */
    readonly proofAge?: {
      /** From here on a warning. A time in ms, s, min, h or d. */
      readonly warning?: string;
      /** From here on critical. A time in ms, s, min, h or d. */
      readonly critical?: string;
    };
  };
  /** A folder of files that schedulers and the like read. */
  readonly files?: {
    /** Commands that run after a change, in order. */
    readonly after?: readonly (readonly string[])[];
  };
  /** Files of a PgBouncer, and how it is restarted. */
  readonly pgbouncer?: {
    /** Its `pgbouncer.ini`, as this machine sees it; by default the file that the console names. */
    readonly config?: string;
    /** Its userlist, as this machine sees it; by default the file that the configuration names. */
    readonly userlist?: string;
    /** Command that restarts it, for settings that nothing else changes. */
    readonly restart?: readonly string[];
  };
  /** Environment, such as `production`. */
  readonly environment?: string;
  /** Where it runs. */
  readonly location?: "on-premises" | "cloud" | "hybrid";
  /** Cloud that it runs in. */
  readonly cloud?: {
    /** Provider. */
    readonly provider: "aws" | "azure" | "gcp";
    /** Region. */
    readonly region?: string;
    /** Account, subscription or project. */
    readonly account?: string;
    /** Service, such as `rds`, `cloud-sql`, `flexible-server`. */
    readonly service?: string;
    /** Name of the instance or cluster there. */
    readonly resource?: string;
    /** Further settings. */
    readonly settings?: { readonly [name: string]: string | number | boolean };
  };
  /** How much depends on it. */
  readonly criticality?: "low" | "medium" | "high" | "critical";
  /** Highest class of the data in it, such as `confidential`. */
  readonly classification?: string;
  /** Team that answers for it. */
  readonly owner?: string;
  /** Words to find it by. */
  readonly tags?: readonly string[];
  /** Further facts, by name. */
  readonly properties?: { readonly [name: string]: string | number | boolean };
  /** What is said of it elsewhere and cannot be seen from a connection. */
  readonly encryption?: {
    /** Its storage is encrypted. @default false */
    readonly atRest?: boolean;
    /** Its backups are encrypted. @default false */
    readonly backups?: boolean;
  };
  /** How it may be looked through for what is in it. */
  readonly scan?: {
    /** How often. */
    readonly every?: string;
    /** How much of its strength that may take. @default "balanced" */
    readonly strategy?: "conservative" | "balanced" | "aggressive";
  };
  /** `datumline health` looks at it. @default true */
  readonly monitored?: boolean;
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** Settings of a PgBouncer as a whole: where it listens, how many clients it takes, what its pools are where they do not say otherwise. One for each data source. */
export type PoolerSettings = {
  /** Where it listens; a change needs a restart. */
  readonly listen?: {
    /** Addresses; `*` for all. */
    readonly addresses?: readonly string[];
    /** Port. */
    readonly port?: number;
    /** Directory of its Unix socket. */
    readonly socketDirectory?: string;
    /** Connections that may wait to be accepted. */
    readonly backlog?: number;
  };
  /** Clients that may be connected in all; 100 where it is not given. */
  readonly maxClients?: number;
  /** What pools are where they do not say otherwise. */
  readonly pools?: {
    /** When a server connection goes back to the pool: `session` when the client leaves, `transaction` after each transaction, `statement` after each statement. `session` where it is not given. */
    readonly mode?: "session" | "transaction" | "statement";
    /** Server connections of a pool, which is one for each database and user; 20 where it is not given. */
    readonly size?: number;
    /** Server connections that are kept open. */
    readonly min?: number;
    /** Further ones for clients that have waited for `reserveTimeout`. */
    readonly reserve?: number;
    /** Wait after which the reserve is opened; 5 s where it is not given. */
    readonly reserveTimeout?: string;
    /** Server connections of one database, whoever its users are; 0 for no limit. */
    readonly maxConnections?: number;
    /** Server connections of one user, whatever the database; 0 for no limit. */
    readonly maxUserConnections?: number;
    /** Clients of one database; 0 for no limit. PgBouncer 1.24. */
    readonly maxClients?: number;
    /** Clients of one user; 0 for no limit. PgBouncer 1.24. */
    readonly maxUserClients?: number;
  };
  /** When it gives up; `0s` for never. */
  readonly timeouts?: {
    /** A statement that runs longer is cancelled. */
    readonly query?: string;
    /** A client that leaves a transaction open longer is disconnected. */
    readonly idleTransaction?: string;
    /** A client whose transaction lasts longer is disconnected. */
    readonly transaction?: string;
    /** A client that does nothing for longer is disconnected. */
    readonly clientIdle?: string;
    /** A client that waits longer for a server connection is disconnected. */
    readonly queryWait?: string;
    /** A cancellation that waits longer is dropped. PgBouncer 1.19. */
    readonly cancelWait?: string;
    /** A client that has not logged in by then is disconnected. */
    readonly clientLogin?: string;
    /** A server that has not answered by then counts as unreachable. */
    readonly serverConnect?: string;
    /** Wait after a failed login at the server before the next. */
    readonly serverRetry?: string;
    /** A server connection that is idle for longer is closed. */
    readonly serverIdle?: string;
    /** A server connection that is older is replaced. */
    readonly serverLifetime?: string;
    /** A server connection that was idle for longer is tried before it is used. */
    readonly serverCheck?: string;
  };
  /** Encryption between clients and the pooler. */
  readonly clientTls?: {
    /** What is encrypted and checked. */
    readonly mode?: "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full";
    /** Certificates that are trusted. Path as the pooler sees it. */
    readonly ca?: string;
    /** Certificate that is shown. Path as the pooler sees it. */
    readonly cert?: string;
    /** Key of that certificate. Path as the pooler sees it. */
    readonly key?: string;
    /** Versions of the protocol, such as `secure`. */
    readonly protocols?: string;
    /** Ciphers of TLS 1.2 and older, in OpenSSL's words. */
    readonly ciphers?: string;
  };
  /** Encryption between the pooler and its servers. */
  readonly serverTls?: {
    /** What is encrypted and checked. */
    readonly mode?: "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full";
    /** Certificates that are trusted. Path as the pooler sees it. */
    readonly ca?: string;
    /** Certificate that is shown. Path as the pooler sees it. */
    readonly cert?: string;
    /** Key of that certificate. Path as the pooler sees it. */
    readonly key?: string;
    /** Versions of the protocol, such as `secure`. */
    readonly protocols?: string;
    /** Ciphers of TLS 1.2 and older, in OpenSSL's words. */
    readonly ciphers?: string;
  };
  /** How clients prove who they are. */
  readonly auth?: {
    /** How. */
    readonly type?: "scram-sha-256" | "md5" | "cert" | "hba" | "pam" | "ldap" | "plain" | "trust" | "any";
    /** Userlist. Path as the pooler sees it. */
    readonly file?: string;
    /** Rules for `type: hba`. Path as the pooler sees it. */
    readonly hba?: string;
    /** Map of names for `cert` and `peer`. Path as the pooler sees it. PgBouncer 1.23. */
    readonly ident?: string;
    /** Role that looks passwords up, where a pool names none. */
    readonly user?: string;
    /** Statement that looks a password up, where a pool has none of its own. */
    readonly query?: string;
    /** Database in which it does. PgBouncer 1.19. */
    readonly database?: string;
  };
  /** Users that may do everything on the console. */
  readonly admins?: readonly string[];
  /** Users that may look at the console. */
  readonly stats?: readonly string[];
  /** Parameters of clients that are passed over rather than refused, such as `extra_float_digits`. */
  readonly ignoreStartupParameters?: readonly string[];
  /** Further settings of the session that follow a client from server connection to server connection; a change needs a restart. PgBouncer 1.20. */
  readonly trackExtraParameters?: readonly string[];
  /** Prepared statements that are kept for each server connection in pools by transaction or statement; 0 for none. PgBouncer 1.21. */
  readonly maxPreparedStatements?: number;
  /** Further settings by their own names, as `pgbouncer.ini` has them. */
  readonly settings?: { readonly [name: string]: string | number | boolean };
  /** What the file says otherwise than what is in force, and what waits to be loaded. @default {} */
  readonly unloaded?: { readonly [name: string]: string };
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
};

/** A user of a PgBouncer: limits of its own, and how the userlist knows it where nobody looks it up. */
export type PoolUser = {
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** Data source whose role of this name lends its password verifier to the userlist. */
  readonly from?: string;
  /** Password for the userlist. A secret by reference, never a literal: `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }`, or where a secret manager keeps it. */
  readonly password?: {
    /** Name of an environment variable that holds the secret. */
    readonly env?: string;
    /** Path of a file that holds the secret, relative to the document; one trailing line break is ignored. */
    readonly file?: string;
    /** A command and its arguments; what it prints is the secret. */
    readonly exec?: readonly string[];
    /** AWS Secrets Manager: name or ARN of the secret. */
    readonly awsSecret?: string | {
      /** Name or ARN. */
      readonly id: string;
      /** Region; by default that of the environment. */
      readonly region?: string;
      /** Stage of the version. @default "AWSCURRENT" */
      readonly version?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
    /** HashiCorp Vault, key-value store: `mount/path` of the secret. */
    readonly vault?: string | {
      /** Mount and path, such as `secret/warehouse`. */
      readonly id: string;
      /** Address of the server; by default VAULT_ADDR. */
      readonly address?: string;
      /** Namespace; by default VAULT_NAMESPACE. */
      readonly namespace?: string;
      /** Version; by default the newest. */
      readonly version?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
    /** Google Secret Manager: `projects/P/secrets/S`. */
    readonly gcpSecret?: string | {
      /** Resource name: `projects/P/secrets/S`, or `projects/P/locations/L/secrets/S`. */
      readonly id: string;
      /** Version. @default "latest" */
      readonly version?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
    /** Azure Key Vault: `VAULT/NAME`. */
    readonly azureSecret?: string | {
      /** Names of the vault and of the secret: `VAULT/NAME`; in other clouds the identifier of the secret, a URL. */
      readonly id: string;
      /** Version; by default the newest. */
      readonly version?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
    /** Secret mounted into the pod: `NAME/KEY`. */
    readonly kubernetesSecret?: string | {
      /** Name and key: `NAME/KEY`. */
      readonly id: string;
      /** Folder under which secrets are mounted. @default "/var/run/secrets" */
      readonly mount?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
  };
  /** How the userlist keeps the password: as a SCRAM verifier, which lets a client in, or in clear, which the pooler needs to log in by itself. @default "verifier" */
  readonly keep?: "verifier" | "clear";
  /** When a server connection goes back to the pool: `session` when the client leaves, `transaction` after each transaction, `statement` after each statement. */
  readonly mode?: "session" | "transaction" | "statement";
  /** Server connections of each of its pools. PgBouncer 1.23. */
  readonly size?: number;
  /** Further ones for clients that wait. PgBouncer 1.24. */
  readonly reserve?: number;
  /** Server connections of all its pools; 0 for no limit. */
  readonly maxConnections?: number;
  /** Its clients; 0 for no limit. PgBouncer 1.24. */
  readonly maxClients?: number;
  /** Limits of its own. PgBouncer 1.24. */
  readonly timeouts?: {
    /** A statement that runs longer is cancelled. */
    readonly query?: string;
    /** A client that leaves a transaction open longer is disconnected. */
    readonly idleTransaction?: string;
    /** A client whose transaction lasts longer is disconnected. */
    readonly transaction?: string;
    /** A client that does nothing for longer is disconnected. */
    readonly clientIdle?: string;
  };
  /** Further settings by their own names, as `pgbouncer.ini` has them. */
  readonly settings?: { readonly [name: string]: string | number | boolean };
  /** What the file says otherwise than what is in force, and what waits to be loaded. @default {} */
  readonly unloaded?: { readonly [name: string]: string };
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** A name that clients connect to at a pooler, and the database behind it: which data source, how many connections, when one goes back to the pool, who may use it. */
export type ConnectionPool = {
  /** Database that clients ask the pooler for. */
  readonly name: string;
  /** Data source behind it; or `host` by hand. */
  readonly to?: string;
  /** Replica of that data source, by its name there. */
  readonly replica?: string;
  /** Host of the server, where it is no data source; empty for the pooler's own Unix socket. */
  readonly host?: string;
  /** Its port. @default 5432 */
  readonly port?: number;
  /** Database there; by default that of the data source, or else the name of the pool. */
  readonly database?: string;
  /** When a server connection goes back to the pool: `session` when the client leaves, `transaction` after each transaction, `statement` after each statement. */
  readonly mode?: "session" | "transaction" | "statement";
  /** Server connections for each user, or in all where `user` is given. */
  readonly size?: number;
  /** Server connections that are kept open. */
  readonly min?: number;
  /** Further ones for clients that wait. */
  readonly reserve?: number;
  /** Server connections in all, whoever its users are; 0 for no limit. */
  readonly maxConnections?: number;
  /** Clients that it takes; 0 for no limit. PgBouncer 1.24. */
  readonly maxClients?: number;
  /** Clients that are expected, for the sum of the pooler's. */
  readonly clients?: number;
  /** User that the pooler logs in as, whoever the client is: one pool for all of them. */
  readonly user?: string;
  /** Password of `user`, for the userlist. A secret by reference, never a literal: `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }`, or where a secret manager keeps it. */
  readonly password?: {
    /** Name of an environment variable that holds the secret. */
    readonly env?: string;
    /** Path of a file that holds the secret, relative to the document; one trailing line break is ignored. */
    readonly file?: string;
    /** A command and its arguments; what it prints is the secret. */
    readonly exec?: readonly string[];
    /** AWS Secrets Manager: name or ARN of the secret. */
    readonly awsSecret?: string | {
      /** Name or ARN. */
      readonly id: string;
      /** Region; by default that of the environment. */
      readonly region?: string;
      /** Stage of the version. @default "AWSCURRENT" */
      readonly version?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
    /** HashiCorp Vault, key-value store: `mount/path` of the secret. */
    readonly vault?: string | {
      /** Mount and path, such as `secret/warehouse`. */
      readonly id: string;
      /** Address of the server; by default VAULT_ADDR. */
      readonly address?: string;
      /** Namespace; by default VAULT_NAMESPACE. */
      readonly namespace?: string;
      /** Version; by default the newest. */
      readonly version?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
    /** Google Secret Manager: `projects/P/secrets/S`. */
    readonly gcpSecret?: string | {
      /** Resource name: `projects/P/secrets/S`, or `projects/P/locations/L/secrets/S`. */
      readonly id: string;
      /** Version. @default "latest" */
      readonly version?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
    /** Azure Key Vault: `VAULT/NAME`. */
    readonly azureSecret?: string | {
      /** Names of the vault and of the secret: `VAULT/NAME`; in other clouds the identifier of the secret, a URL. */
      readonly id: string;
      /** Version; by default the newest. */
      readonly version?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
    /** Secret mounted into the pod: `NAME/KEY`. */
    readonly kubernetesSecret?: string | {
      /** Name and key: `NAME/KEY`. */
      readonly id: string;
      /** Folder under which secrets are mounted. @default "/var/run/secrets" */
      readonly mount?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
  };
  /** Roles of the data source that connect through it; each has connections of its own. */
  readonly users?: readonly string[];
  /** How the pooler knows the passwords of `users`. */
  readonly auth?: {
    /** `query`: it looks them up in the database, by a role and a function that are made there; `userlist`: their verifiers are written into its file. @default "query" */
    readonly by?: "query" | "userlist";
    /** Role that looks them up. */
    readonly user?: string;
    /** Password of that role. A secret by reference, never a literal: `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }`, or where a secret manager keeps it. */
    readonly password?: {
      /** Name of an environment variable that holds the secret. */
      readonly env?: string;
      /** Path of a file that holds the secret, relative to the document; one trailing line break is ignored. */
      readonly file?: string;
      /** A command and its arguments; what it prints is the secret. */
      readonly exec?: readonly string[];
      /** AWS Secrets Manager: name or ARN of the secret. */
      readonly awsSecret?: string | {
        /** Name or ARN. */
        readonly id: string;
        /** Region; by default that of the environment. */
        readonly region?: string;
        /** Stage of the version. @default "AWSCURRENT" */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** HashiCorp Vault, key-value store: `mount/path` of the secret. */
      readonly vault?: string | {
        /** Mount and path, such as `secret/warehouse`. */
        readonly id: string;
        /** Address of the server; by default VAULT_ADDR. */
        readonly address?: string;
        /** Namespace; by default VAULT_NAMESPACE. */
        readonly namespace?: string;
        /** Version; by default the newest. */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** Google Secret Manager: `projects/P/secrets/S`. */
      readonly gcpSecret?: string | {
        /** Resource name: `projects/P/secrets/S`, or `projects/P/locations/L/secrets/S`. */
        readonly id: string;
        /** Version. @default "latest" */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** Azure Key Vault: `VAULT/NAME`. */
      readonly azureSecret?: string | {
        /** Names of the vault and of the secret: `VAULT/NAME`; in other clouds the identifier of the secret, a URL. */
        readonly id: string;
        /** Version; by default the newest. */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** Secret mounted into the pod: `NAME/KEY`. */
      readonly kubernetesSecret?: string | {
        /** Name and key: `NAME/KEY`. */
        readonly id: string;
        /** Folder under which secrets are mounted. @default "/var/run/secrets" */
        readonly mount?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
    };
    /** Schema of the function; by default `pooler`. */
    readonly schema?: string;
    /** Statement that looks a password up, where the function is not to be made. */
    readonly query?: string;
    /** Database in which it does. PgBouncer 1.19. */
    readonly database?: string;
  };
  /** Further settings by their own names, as `pgbouncer.ini` has them. */
  readonly settings?: { readonly [name: string]: string | number | boolean };
  /** Paused by a run that was stopped. @default false */
  readonly paused?: boolean;
  /** Disabled by hand: no new clients. @default false */
  readonly disabled?: boolean;
  /** What the file says otherwise than what is in force, and what waits to be loaded. @default {} */
  readonly unloaded?: { readonly [name: string]: string };
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** A user or a group of users; privileges are granted to it. */
export type Role = {
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** May connect. @default false */
  readonly login?: boolean;
  /** Passes every check. Give it to nobody that an application uses. @default false */
  readonly superuser?: boolean;
  /** May create databases. @default false */
  readonly createdb?: boolean;
  /** May create, alter and drop roles. @default false */
  readonly createrole?: boolean;
  /** New memberships are inherited unless they say otherwise. @default true */
  readonly inherit?: boolean;
  /** May stream the write-ahead log. @default false */
  readonly replication?: boolean;
  /** Row policies do not apply to it. @default false */
  readonly bypassrls?: boolean;
  /** Most connections at a time; -1 for no limit. @default -1 */
  readonly connectionLimit?: number;
  /** Time after which its password no longer works, ISO 8601 with a time zone. */
  readonly validUntil?: string;
  /** A secret by reference, never a literal: `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }`, or where a secret manager keeps it. */
  readonly password?: {
    /** Name of an environment variable that holds the secret. */
    readonly env?: string;
    /** Path of a file that holds the secret, relative to the document; one trailing line break is ignored. */
    readonly file?: string;
    /** A command and its arguments; what it prints is the secret. */
    readonly exec?: readonly string[];
    /** AWS Secrets Manager: name or ARN of the secret. */
    readonly awsSecret?: string | {
      /** Name or ARN. */
      readonly id: string;
      /** Region; by default that of the environment. */
      readonly region?: string;
      /** Stage of the version. @default "AWSCURRENT" */
      readonly version?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
    /** HashiCorp Vault, key-value store: `mount/path` of the secret. */
    readonly vault?: string | {
      /** Mount and path, such as `secret/warehouse`. */
      readonly id: string;
      /** Address of the server; by default VAULT_ADDR. */
      readonly address?: string;
      /** Namespace; by default VAULT_NAMESPACE. */
      readonly namespace?: string;
      /** Version; by default the newest. */
      readonly version?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
    /** Google Secret Manager: `projects/P/secrets/S`. */
    readonly gcpSecret?: string | {
      /** Resource name: `projects/P/secrets/S`, or `projects/P/locations/L/secrets/S`. */
      readonly id: string;
      /** Version. @default "latest" */
      readonly version?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
    /** Azure Key Vault: `VAULT/NAME`. */
    readonly azureSecret?: string | {
      /** Names of the vault and of the secret: `VAULT/NAME`; in other clouds the identifier of the secret, a URL. */
      readonly id: string;
      /** Version; by default the newest. */
      readonly version?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
    /** Secret mounted into the pod: `NAME/KEY`. */
    readonly kubernetesSecret?: string | {
      /** Name and key: `NAME/KEY`. */
      readonly id: string;
      /** Folder under which secrets are mounted. @default "/var/run/secrets" */
      readonly mount?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
  };
  /** Raise it to send the password again where the server does not let us compare the one it holds. */
  readonly passwordVersion?: number;
  /** Roles it is a member of: a name, or a name with options. */
  readonly memberOf?: readonly (string | {
    /** Role it is a member of. */
    readonly role: string;
    /** May grant the membership to others. @default false */
    readonly admin?: boolean;
    /** Has the privileges of the group without SET ROLE. @default true */
    readonly inherit?: boolean;
    /** May SET ROLE to the group. @default true */
    readonly set?: boolean;
    /** End of the membership, with a time zone. Past it, it counts as not declared: a plan revokes it. */
    readonly until?: string;
    /** What ends with it by itself: the password of the member. Absent: nothing does. */
    readonly enforce?: "validUntil";
  })[];
  /** Setting by name, such as `statement_timeout: 30s`. Holds in every database. */
  readonly settings?: { readonly [name: string]: string | number | boolean };
  /** Setting by name, such as `statement_timeout: 30s`. Holds in this database only. */
  readonly databaseSettings?: { readonly [name: string]: string | number | boolean };
  /** Who granted each membership, where it is not who would grant it now. */
  readonly grantors?: { readonly [name: string]: readonly string[] };
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** A role that reads every table and view of some schemas: those that exist and those that their owners will make. */
export type ReadOnlyRole = {
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** Schemas it reads. */
  readonly schemas: readonly string[];
  /** Roles whose objects it reads, now and in future, such as the one that runs the migrations. */
  readonly of: readonly string[];
  /** Tables and views that it does not read: `schema.name`, `*` stands for any characters. */
  readonly except?: readonly string[];
  /** May connect. @default false */
  readonly login?: boolean;
  /** Most connections at a time; -1 for no limit. @default -1 */
  readonly connectionLimit?: number;
  /** Time after which its password no longer works, ISO 8601 with a time zone. */
  readonly validUntil?: string;
  /** A secret by reference, never a literal: `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }`, or where a secret manager keeps it. */
  readonly password?: {
    /** Name of an environment variable that holds the secret. */
    readonly env?: string;
    /** Path of a file that holds the secret, relative to the document; one trailing line break is ignored. */
    readonly file?: string;
    /** A command and its arguments; what it prints is the secret. */
    readonly exec?: readonly string[];
    /** AWS Secrets Manager: name or ARN of the secret. */
    readonly awsSecret?: string | {
      /** Name or ARN. */
      readonly id: string;
      /** Region; by default that of the environment. */
      readonly region?: string;
      /** Stage of the version. @default "AWSCURRENT" */
      readonly version?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
    /** HashiCorp Vault, key-value store: `mount/path` of the secret. */
    readonly vault?: string | {
      /** Mount and path, such as `secret/warehouse`. */
      readonly id: string;
      /** Address of the server; by default VAULT_ADDR. */
      readonly address?: string;
      /** Namespace; by default VAULT_NAMESPACE. */
      readonly namespace?: string;
      /** Version; by default the newest. */
      readonly version?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
    /** Google Secret Manager: `projects/P/secrets/S`. */
    readonly gcpSecret?: string | {
      /** Resource name: `projects/P/secrets/S`, or `projects/P/locations/L/secrets/S`. */
      readonly id: string;
      /** Version. @default "latest" */
      readonly version?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
    /** Azure Key Vault: `VAULT/NAME`. */
    readonly azureSecret?: string | {
      /** Names of the vault and of the secret: `VAULT/NAME`; in other clouds the identifier of the secret, a URL. */
      readonly id: string;
      /** Version; by default the newest. */
      readonly version?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
    /** Secret mounted into the pod: `NAME/KEY`. */
    readonly kubernetesSecret?: string | {
      /** Name and key: `NAME/KEY`. */
      readonly id: string;
      /** Folder under which secrets are mounted. @default "/var/run/secrets" */
      readonly mount?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
  };
  /** Raise it to send the password again where the server does not let us compare the one it holds. */
  readonly passwordVersion?: number;
  /** Roles it is a member of: a name, or a name with options. */
  readonly memberOf?: readonly (string | {
    /** Role it is a member of. */
    readonly role: string;
    /** May grant the membership to others. @default false */
    readonly admin?: boolean;
    /** Has the privileges of the group without SET ROLE. @default true */
    readonly inherit?: boolean;
    /** May SET ROLE to the group. @default true */
    readonly set?: boolean;
    /** End of the membership, with a time zone. Past it, it counts as not declared: a plan revokes it. */
    readonly until?: string;
    /** What ends with it by itself: the password of the member. Absent: nothing does. */
    readonly enforce?: "validUntil";
  })[];
  /** Setting by name, such as `statement_timeout: 30s`. Holds in every database. */
  readonly settings?: { readonly [name: string]: string | number | boolean };
  /** Setting by name, such as `statement_timeout: 30s`. Holds in this database only. */
  readonly databaseSettings?: { readonly [name: string]: string | number | boolean };
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** Groups for a schema: one that reads, one that writes as well, one that makes things; for what exists and for what the owners will make. */
export type RoleTemplate = {
  /** Schema; this or `schemas`. */
  readonly schema?: string;
  /** Schemas, each with groups of its own. */
  readonly schemas?: readonly string[];
  /** Groups that there are: a reader selects, a writer is a reader that inserts, updates and deletes, an owner is a writer that creates and truncates. Absent: all. */
  readonly levels?: readonly ("reader" | "writer" | "owner")[];
  /** Names of the groups; `*` stands for the schema. */
  readonly names?: {
    /** Name; by default `*_reader`. */
    readonly reader?: string;
    /** Name; by default `*_writer`. */
    readonly writer?: string;
    /** Name; by default `*_owner`. */
    readonly owner?: string;
  };
  /** Roles that make tables in these schemas, such as the one that runs the migrations: what they will make is granted as well. */
  readonly owners?: readonly string[];
  /** Tables, views and sequences that the groups are granted nothing on: `schema.name`, `*` stands for any characters. */
  readonly except?: readonly string[];
  /** Members of the groups. */
  readonly members?: {
    /** Members: a name, or a name with options. */
    readonly reader?: readonly (string | {
      /** Role that is a member. */
      readonly role: string;
      /** May grant the membership to others. @default false */
      readonly admin?: boolean;
      /** Has the privileges of the group without SET ROLE. @default true */
      readonly inherit?: boolean;
      /** May SET ROLE to the group. @default true */
      readonly set?: boolean;
      /** End of the membership, with a time zone. Past it, it counts as not declared: a plan revokes it. */
      readonly until?: string;
      /** What ends with it by itself: the password of the member. Absent: nothing does. */
      readonly enforce?: "validUntil";
    })[];
    /** Members: a name, or a name with options. */
    readonly writer?: readonly (string | {
      /** Role that is a member. */
      readonly role: string;
      /** May grant the membership to others. @default false */
      readonly admin?: boolean;
      /** Has the privileges of the group without SET ROLE. @default true */
      readonly inherit?: boolean;
      /** May SET ROLE to the group. @default true */
      readonly set?: boolean;
      /** End of the membership, with a time zone. Past it, it counts as not declared: a plan revokes it. */
      readonly until?: string;
      /** What ends with it by itself: the password of the member. Absent: nothing does. */
      readonly enforce?: "validUntil";
    })[];
    /** Members: a name, or a name with options. */
    readonly owner?: readonly (string | {
      /** Role that is a member. */
      readonly role: string;
      /** May grant the membership to others. @default false */
      readonly admin?: boolean;
      /** Has the privileges of the group without SET ROLE. @default true */
      readonly inherit?: boolean;
      /** May SET ROLE to the group. @default true */
      readonly set?: boolean;
      /** End of the membership, with a time zone. Past it, it counts as not declared: a plan revokes it. */
      readonly until?: string;
      /** What ends with it by itself: the password of the member. Absent: nothing does. */
      readonly enforce?: "validUntil";
    })[];
  };
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
};

/** A role for emergencies with wide rights and an end. Nobody has them until it is taken on with SET ROLE, and every plan warns while that is possible. */
export type BreakGlassRole = {
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** Roles that may take it on. */
  readonly for: readonly string[];
  /** End, with a time zone: past it nobody may take it on, and it may nothing. */
  readonly until: string;
  /** Why it is open, such as the number of the incident. */
  readonly reason?: string;
  /** What it may do. */
  readonly grants?: readonly {
    /** Privileges. */
    readonly privileges: readonly string[];
    /** Object that they are on: one of these. */
    readonly on: {
      /** Database, which is the one connected to. */
      readonly database?: string;
      /** Schema. */
      readonly schema?: string;
      /** Table, view or materialized view. */
      readonly table?: string;
      /** Only these columns of the table. */
      readonly columns?: readonly string[];
      /** Sequence. */
      readonly sequence?: string;
      /** Function or procedure with the types of its arguments: `sales.margin(numeric, numeric)`. */
      readonly function?: string;
    };
  }[];
  /** Roles whose rights it has, such as `pg_read_all_data`. */
  readonly memberOf?: readonly string[];
  /** Row policies do not apply to it. @default false */
  readonly bypassrls?: boolean;
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** A namespace for tables, views and other objects. */
export type Schema = {
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** Role that owns it. Absent: whoever owns it now, or whoever creates it. */
  readonly owner?: string;
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** A PostgreSQL extension. Objects that belong to it are its own business. */
export type Extension = {
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** Schema that its objects go to. Absent: where it is, or the extension's own choice. */
  readonly schema?: string;
  /** Version. Absent: the one that is installed, or the newest that the server has. */
  readonly version?: string;
  /** Comment. Absent: the one that the extension brings. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** A type with a fixed list of values. Values can be added; PostgreSQL takes none away. */
export type Enum = {
  /** Schema that holds it. */
  readonly schema: string;
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** Values, in their sort order. */
  readonly values: readonly string[];
  /** Role that owns it. Absent: whoever owns it now, or whoever creates it. */
  readonly owner?: string;
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** A function in SQL or a procedural language. A new one may be executed by nobody but its owner until a Grant says who: EXECUTE is taken from PUBLIC as it is made. */
export type Function = {
  /** Schema that holds it. */
  readonly schema: string;
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** Arguments in order, all of them input and without defaults. */
  readonly arguments?: readonly {
    /** Name. */
    readonly name?: string;
    /** Type, as in the engine. */
    readonly type: string;
  }[];
  /** What it returns: a type, `SETOF type`, `TABLE(name type, …)`, `trigger`. @default "void" */
  readonly returns?: string;
  /** Language. @default "sql" */
  readonly language?: string;
  /** Its text, kept to the letter. */
  readonly body: string;
  /** Whose rights it runs with: those of whoever calls it, or its owner's. @default "invoker" */
  readonly security?: "invoker" | "definer";
  /** What its result depends on. @default "volatile" */
  readonly volatility?: "volatile" | "stable" | "immutable";
  /** Returns null, without being run, where an argument is null. @default false */
  readonly strict?: boolean;
  /** Tells nothing of its arguments but by its result; only a superuser may say so. @default false */
  readonly leakproof?: boolean;
  /** May it run in parallel? @default "unsafe" */
  readonly parallel?: "unsafe" | "restricted" | "safe";
  /** Estimated cost of a call. @default 100 */
  readonly cost?: number;
  /** Estimated rows, where it returns a set. @default 1000 */
  readonly rows?: number;
  /** Settings while it runs, such as `search_path`, which a function with its owner's rights needs. */
  readonly settings?: { readonly [name: string]: string | number | boolean };
  /** Role that owns it. Absent: whoever owns it now, or whoever creates it. */
  readonly owner?: string;
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** A generator of numbers that stands on its own; identity columns have one of theirs. */
export type Sequence = {
  /** Schema that holds it. */
  readonly schema: string;
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** Type of the numbers. @default "bigint" */
  readonly type?: "smallint" | "integer" | "bigint";
  /** First value; by default the smallest when counting up, the largest when counting down. */
  readonly start?: number;
  /** Step; negative counts down. @default 1 */
  readonly increment?: number;
  /** Smallest value; by default 1 when counting up, the type's smallest when counting down. */
  readonly minValue?: number;
  /** Largest value; by default the type's largest when counting up, -1 when counting down. */
  readonly maxValue?: number;
  /** Values taken in advance by a session. @default 1 */
  readonly cache?: number;
  /** Starts again at the end. @default false */
  readonly cycle?: boolean;
  /** Column that it goes with: dropped when the column is. */
  readonly ownedBy?: {
    /** Table. */
    readonly table: string;
    /** Column. */
    readonly column: string;
  };
  /** Role that owns it. Absent: whoever owns it now, or whoever creates it. */
  readonly owner?: string;
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** A table: columns, keys, checks and whether row policies apply to it. */
export type Table = {
  /** Schema that holds it. */
  readonly schema: string;
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** Columns. */
  readonly columns: readonly {
    /** Name, exactly as the engine holds it; nothing is folded to lower case. */
    readonly name: string;
    /** Type as the engine writes it. */
    readonly type: string;
    /** Refuses NULL. @default false */
    readonly notNull?: boolean;
    /** Value of a new row: an SQL expression such as `now()` or `'EU'` with its quotes, a number, true or false. */
    readonly default?: string | number | boolean;
    /** Numbered by the engine: `always`, or `by default` of a value being given. */
    readonly identity?: "always" | "by default";
    /** How an identity column counts. */
    readonly sequence?: {
      /** First value. */
      readonly start?: number;
      /** Step. */
      readonly increment?: number;
      /** Smallest value. */
      readonly minValue?: number;
      /** Largest value. */
      readonly maxValue?: number;
      /** Values taken in advance by a session. */
      readonly cache?: number;
      /** Starts again at the end. @default false */
      readonly cycle?: boolean;
    };
    /** SQL expression that the engine computes the column from. */
    readonly generated?: string;
    /** A generated column is computed when read, not stored. @default false */
    readonly virtual?: boolean;
    /** Collation, where it is not the type's own. */
    readonly collation?: string;
    /** Comment kept by the engine beside the object. */
    readonly comment?: string;
    /** What it holds, in the team's words, such as `pii` or `confidential`. */
    readonly classification?: string;
    /** Its former name; renames in place. */
    readonly renamedFrom?: string;
  }[];
  /** Primary key: its columns, or its columns with options. */
  readonly primaryKey?: readonly string[] | {
    /** Name of the constraint; by default the one that the engine would give. */
    readonly name?: string;
    /** Columns, in order. */
    readonly columns: readonly string[];
    /** Further columns kept in its index. */
    readonly include?: readonly string[];
    /** May be checked at the end of the transaction. @default false */
    readonly deferrable?: boolean;
    /** Is checked at the end of the transaction unless the session says otherwise. @default false */
    readonly initiallyDeferred?: boolean;
  };
  /** Unique constraints: a list of columns each, or with options. */
  readonly unique?: readonly (readonly string[] | {
    /** Name of the constraint; by default the one that the engine would give. */
    readonly name?: string;
    /** Columns, in order. */
    readonly columns: readonly string[];
    /** Further columns kept in its index. */
    readonly include?: readonly string[];
    /** Two NULLs are equal. @default false */
    readonly nullsNotDistinct?: boolean;
    /** May be checked at the end of the transaction. @default false */
    readonly deferrable?: boolean;
    /** Is checked at the end of the transaction unless the session says otherwise. @default false */
    readonly initiallyDeferred?: boolean;
  })[];
  /** Conditions that every row meets. */
  readonly checks?: readonly {
    /** Name of the constraint. */
    readonly name: string;
    /** SQL condition that every row meets. */
    readonly expression: string;
    /** Does not hold for tables that inherit. @default false */
    readonly noInherit?: boolean;
  }[];
  /** Foreign keys. */
  readonly foreignKeys?: readonly {
    /** Name of the constraint; by default the one that the engine would give. */
    readonly name?: string;
    /** Columns, in order. */
    readonly columns: readonly string[];
    /** What it refers to. */
    readonly references: {
      /** Table. */
      readonly table: string;
      /** Its columns; by default its primary key. */
      readonly columns?: readonly string[];
    };
    /** When the row referred to is deleted. @default "no action" */
    readonly onDelete?: "no action" | "restrict" | "cascade" | "set null" | "set default";
    /** When the key referred to changes. @default "no action" */
    readonly onUpdate?: "no action" | "restrict" | "cascade" | "set null" | "set default";
    /** Whether some of its columns may be NULL. @default "simple" */
    readonly match?: "simple" | "full";
    /** May be checked at the end of the transaction. @default false */
    readonly deferrable?: boolean;
    /** Is checked at the end of the transaction unless the session says otherwise. @default false */
    readonly initiallyDeferred?: boolean;
  }[];
  /** Whether row policies decide which rows are seen: `on` for everyone but the owner, `forced` for the owner as well. @default "off" */
  readonly rowSecurity?: "off" | "on" | "forced";
  /** Role that owns it. Absent: whoever owns it now, or whoever creates it. */
  readonly owner?: string;
  /** What only PostgreSQL has. */
  readonly postgresql?: {
    /** Not written to the write-ahead log; emptied after a crash. @default false */
    readonly unlogged?: boolean;
    /** Tablespace, where it is not the database's own. */
    readonly tablespace?: string;
    /** Storage parameters, such as `fillfactor: 70`. */
    readonly parameters?: { readonly [name: string]: string | number | boolean };
  };
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** A dimension of a star schema: surrogate key, natural key, attributes, audit columns and their history. */
export type DimensionTable = {
  /** Schema that holds it. */
  readonly schema: string;
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** Column numbered by the engine that facts refer to; by default the table's name without `_dim` or `dim_`, with `_key`. */
  readonly surrogateKey?: string;
  /** Columns that identify a row in the source system; unique (per version where history is kept). */
  readonly naturalKey?: readonly string[];
  /** Columns: a list, or a type by name. */
  readonly columns: readonly {
    /** Name, exactly as the engine holds it; nothing is folded to lower case. */
    readonly name: string;
    /** Type as the engine writes it. */
    readonly type: string;
    /** Refuses NULL. @default false */
    readonly notNull?: boolean;
    /** Value of a new row: an SQL expression such as `now()` or `'EU'` with its quotes, a number, true or false. */
    readonly default?: string | number | boolean;
    /** Numbered by the engine: `always`, or `by default` of a value being given. */
    readonly identity?: "always" | "by default";
    /** How an identity column counts. */
    readonly sequence?: {
      /** First value. */
      readonly start?: number;
      /** Step. */
      readonly increment?: number;
      /** Smallest value. */
      readonly minValue?: number;
      /** Largest value. */
      readonly maxValue?: number;
      /** Values taken in advance by a session. */
      readonly cache?: number;
      /** Starts again at the end. @default false */
      readonly cycle?: boolean;
    };
    /** SQL expression that the engine computes the column from. */
    readonly generated?: string;
    /** A generated column is computed when read, not stored. @default false */
    readonly virtual?: boolean;
    /** Collation, where it is not the type's own. */
    readonly collation?: string;
    /** Comment kept by the engine beside the object. */
    readonly comment?: string;
    /** What it holds, in the team's words, such as `pii` or `confidential`. */
    readonly classification?: string;
    /** Its former name; renames in place. */
    readonly renamedFrom?: string;
  }[] | { readonly [name: string]: string | {
    /** Type as the engine writes it. */
    readonly type: string;
    /** Refuses NULL. @default false */
    readonly notNull?: boolean;
    /** Value of a new row: an SQL expression such as `now()` or `'EU'` with its quotes, a number, true or false. */
    readonly default?: string | number | boolean;
    /** Numbered by the engine: `always`, or `by default` of a value being given. */
    readonly identity?: "always" | "by default";
    /** How an identity column counts. */
    readonly sequence?: {
      /** First value. */
      readonly start?: number;
      /** Step. */
      readonly increment?: number;
      /** Smallest value. */
      readonly minValue?: number;
      /** Largest value. */
      readonly maxValue?: number;
      /** Values taken in advance by a session. */
      readonly cache?: number;
      /** Starts again at the end. @default false */
      readonly cycle?: boolean;
    };
    /** SQL expression that the engine computes the column from. */
    readonly generated?: string;
    /** A generated column is computed when read, not stored. @default false */
    readonly virtual?: boolean;
    /** Collation, where it is not the type's own. */
    readonly collation?: string;
    /** Comment kept by the engine beside the object. */
    readonly comment?: string;
    /** What it holds, in the team's words, such as `pii` or `confidential`. */
    readonly classification?: string;
    /** Its former name; renames in place. */
    readonly renamedFrom?: string;
  } };
  /** Slowly changing dimension: type `1` overwrites, type `2` keeps every version with `valid_from`, `valid_to` and `is_current`. @default "1" */
  readonly history?: "1" | "2";
  /** Adds `created_at` and `updated_at`. @default true */
  readonly audit?: boolean;
  /** Whether row policies decide which rows are seen. @default "off" */
  readonly rowSecurity?: "off" | "on" | "forced";
  /** Role that owns it. Absent: whoever owns it now, or whoever creates it. */
  readonly owner?: string;
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** A fact table of a star schema: a foreign key to each dimension with an index, measures and a date. */
export type FactTable = {
  /** Schema that holds it. */
  readonly schema: string;
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** Columns of the primary key; the date is added where the table is to be partitioned by it. Absent: none. */
  readonly key?: readonly string[];
  /** Dimension by the column that refers to it. */
  readonly dimensions?: { readonly [name: string]: string | {
    /** Dimension table. */
    readonly table: string;
    /** Its column; by default its primary key. */
    readonly column?: string;
    /** Type of the column; by default that of the column referred to. */
    readonly type?: string;
    /** May be NULL. @default false */
    readonly optional?: boolean;
    /** Comment kept by the engine beside the column. */
    readonly comment?: string;
  } };
  /** Columns: a list, or a type by name. */
  readonly columns: readonly {
    /** Name, exactly as the engine holds it; nothing is folded to lower case. */
    readonly name: string;
    /** Type as the engine writes it. */
    readonly type: string;
    /** Refuses NULL. @default false */
    readonly notNull?: boolean;
    /** Value of a new row: an SQL expression such as `now()` or `'EU'` with its quotes, a number, true or false. */
    readonly default?: string | number | boolean;
    /** Numbered by the engine: `always`, or `by default` of a value being given. */
    readonly identity?: "always" | "by default";
    /** How an identity column counts. */
    readonly sequence?: {
      /** First value. */
      readonly start?: number;
      /** Step. */
      readonly increment?: number;
      /** Smallest value. */
      readonly minValue?: number;
      /** Largest value. */
      readonly maxValue?: number;
      /** Values taken in advance by a session. */
      readonly cache?: number;
      /** Starts again at the end. @default false */
      readonly cycle?: boolean;
    };
    /** SQL expression that the engine computes the column from. */
    readonly generated?: string;
    /** A generated column is computed when read, not stored. @default false */
    readonly virtual?: boolean;
    /** Collation, where it is not the type's own. */
    readonly collation?: string;
    /** Comment kept by the engine beside the object. */
    readonly comment?: string;
    /** What it holds, in the team's words, such as `pii` or `confidential`. */
    readonly classification?: string;
    /** Its former name; renames in place. */
    readonly renamedFrom?: string;
  }[] | { readonly [name: string]: string | {
    /** Type as the engine writes it. */
    readonly type: string;
    /** Refuses NULL. @default false */
    readonly notNull?: boolean;
    /** Value of a new row: an SQL expression such as `now()` or `'EU'` with its quotes, a number, true or false. */
    readonly default?: string | number | boolean;
    /** Numbered by the engine: `always`, or `by default` of a value being given. */
    readonly identity?: "always" | "by default";
    /** How an identity column counts. */
    readonly sequence?: {
      /** First value. */
      readonly start?: number;
      /** Step. */
      readonly increment?: number;
      /** Smallest value. */
      readonly minValue?: number;
      /** Largest value. */
      readonly maxValue?: number;
      /** Values taken in advance by a session. */
      readonly cache?: number;
      /** Starts again at the end. @default false */
      readonly cycle?: boolean;
    };
    /** SQL expression that the engine computes the column from. */
    readonly generated?: string;
    /** A generated column is computed when read, not stored. @default false */
    readonly virtual?: boolean;
    /** Collation, where it is not the type's own. */
    readonly collation?: string;
    /** Comment kept by the engine beside the object. */
    readonly comment?: string;
    /** What it holds, in the team's words, such as `pii` or `confidential`. */
    readonly classification?: string;
    /** Its former name; renames in place. */
    readonly renamedFrom?: string;
  } };
  /** Column with the date or time of the fact: never NULL, and indexed. */
  readonly date?: string;
  /** The primary key holds the date, so that the table can be partitioned by it later without a new key. @default false */
  readonly partitionReady?: boolean;
  /** Further columns to be indexed, one index each. */
  readonly indexes?: readonly string[];
  /** Adds `created_at`. @default true */
  readonly audit?: boolean;
  /** Whether row policies decide which rows are seen. @default "off" */
  readonly rowSecurity?: "off" | "on" | "forced";
  /** Role that owns it. Absent: whoever owns it now, or whoever creates it. */
  readonly owner?: string;
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** A calendar with a row for each day: year, quarter, month, ISO week, weekday, fiscal year. */
export type DateDimension = {
  /** Schema that holds it. */
  readonly schema: string;
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** First day. */
  readonly from: string;
  /** Last day. */
  readonly to: string;
  /** Month in which the fiscal year begins, 1 to 12. @default 1 */
  readonly fiscalYearStart?: number;
  /** Role that owns it. Absent: whoever owns it now, or whoever creates it. */
  readonly owner?: string;
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** An index on a table or a materialized view. */
export type Index = {
  /** Table or materialized view that it is on. */
  readonly table: string;
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** Access method: btree, hash, gin, gist, spgist, brin, or one that an extension brings. @default "btree" */
  readonly method?: string;
  /** What is indexed, in order: columns by name, or columns and expressions with options. */
  readonly columns: readonly (string | {
    /** Column; this or `expression`. */
    readonly column?: string;
    /** SQL expression, such as `lower(email)`; this or `column`. */
    readonly expression?: string;
    /** Direction. @default "asc" */
    readonly order?: "asc" | "desc";
    /** Where NULLs sort; by default last when ascending, first when descending. */
    readonly nulls?: "first" | "last";
    /** Operator class, where it is not the type's default for the method. */
    readonly operatorClass?: string;
    /** Collation, where it is not the column's own. */
    readonly collation?: string;
  })[];
  /** Refuses a second row with the same values. @default false */
  readonly unique?: boolean;
  /** Two NULLs are equal. @default false */
  readonly nullsNotDistinct?: boolean;
  /** Further columns kept in the index. */
  readonly include?: readonly string[];
  /** SQL condition: only rows that meet it are indexed. */
  readonly where?: string;
  /** Built and dropped without blocking writers; takes longer, and stands outside the transaction. @default false */
  readonly concurrently?: boolean;
  /** What only PostgreSQL has. */
  readonly postgresql?: {
    /** Tablespace, where it is not the database's own. */
    readonly tablespace?: string;
    /** Storage parameters, such as `fillfactor: 70`. */
    readonly parameters?: { readonly [name: string]: string | number | boolean };
  };
  /** A concurrent build of it failed: it takes space and answers no query. @default false */
  readonly invalid?: boolean;
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** A stored query with its result kept until it is refreshed. Row policies do not reach into it. */
export type MaterializedView = {
  /** Schema that holds it. */
  readonly schema: string;
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** The SELECT statement. */
  readonly query: string;
  /** Filled when created. @default true */
  readonly withData?: boolean;
  /** Comment by column. */
  readonly columnComments?: { readonly [name: string]: string };
  /** Role that owns it. Absent: whoever owns it now, or whoever creates it. */
  readonly owner?: string;
  /** Columns that the query returns, each with its type. */
  readonly output?: readonly string[];
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** A stored query that reads like a table. */
export type View = {
  /** Schema that holds it. */
  readonly schema: string;
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** The SELECT statement. */
  readonly query: string;
  /** Conditions of a reader's query run after the view's own, so that no function in them sees hidden rows. @default false */
  readonly securityBarrier?: boolean;
  /** Runs with the rights of whoever reads it, row policies included, not with its owner's. @default false */
  readonly securityInvoker?: boolean;
  /** Refuses writes through the view that the view would not show. */
  readonly checkOption?: "local" | "cascaded";
  /** Comment by column. */
  readonly columnComments?: { readonly [name: string]: string };
  /** Role that owns it. Absent: whoever owns it now, or whoever creates it. */
  readonly owner?: string;
  /** Columns that the query returns, each with its type. */
  readonly output?: readonly string[];
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** A view of a table in which some columns are masked. Its readers must not read those columns of the table itself. */
export type MaskedView = {
  /** Schema that holds it. */
  readonly schema: string;
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** Table whose rows it shows. */
  readonly from: string;
  /** Columns it shows; by default all that are declared. */
  readonly columns?: readonly string[];
  /** How a column is masked. */
  readonly mask?: { readonly [name: string]: "redact" | "hash" | "nullify" | "yearOfDate" | {
    /** Text shown in place of the value. */
    readonly redact: string;
  } | {
    /** What is kept. */
    readonly partial: {
      /** Characters kept at the start. @default 0 */
      readonly keepStart?: number;
      /** Characters kept at the end. @default 0 */
      readonly keepEnd?: number;
      /** Keeps an e-mail address from its `@` on. @default false */
      readonly keepDomain?: boolean;
      /** Text shown for the rest. @default "***" */
      readonly with?: string;
    };
  } };
  /** How columns of a class are masked, by word of `classification`; what `mask` says of a column comes first. */
  readonly maskClasses?: { readonly [name: string]: "redact" | "hash" | "nullify" | "yearOfDate" | {
    /** Text shown in place of the value. */
    readonly redact: string;
  } | {
    /** What is kept. */
    readonly partial: {
      /** Characters kept at the start. @default 0 */
      readonly keepStart?: number;
      /** Characters kept at the end. @default 0 */
      readonly keepEnd?: number;
      /** Keeps an e-mail address from its `@` on. @default false */
      readonly keepDomain?: boolean;
      /** Text shown for the rest. @default "***" */
      readonly with?: string;
    };
  } };
  /** SQL condition on the rows it shows. */
  readonly where?: string;
  /** Roles that may read it. */
  readonly to?: readonly string[];
  /** Role that owns it. Absent: whoever owns it now, or whoever creates it. */
  readonly owner?: string;
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** Which rows of a table a role sees or may write. Permissive policies are joined by OR, restrictive ones by AND. */
export type RowPolicy = {
  /** Table. */
  readonly table: string;
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** Command it applies to. @default "all" */
  readonly command?: "all" | "select" | "insert" | "update" | "delete";
  /** Whether it opens rows (joined by OR) or narrows what others open (joined by AND). @default "permissive" */
  readonly as?: "permissive" | "restrictive";
  /** Roles it applies to; `public` for all. @default ["public"] */
  readonly to?: readonly string[];
  /** SQL condition on rows that exist already. */
  readonly using?: string;
  /** SQL condition on rows to be written; by default the same as `using`. */
  readonly withCheck?: string;
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** The rows of a table that some roles see and may write, by one rule. The table's row security is switched on, for its owner as well. */
export type RowAccess = {
  /** Table. */
  readonly table: string;
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** Roles that it is for; `public` for all. */
  readonly to: readonly string[];
  /** Rows of the tenant that a setting names. */
  readonly tenant?: {
    /** Column of the table. */
    readonly column: string;
    /** Setting of the session that holds the value: `app.tenant`. Not set, it means no rows. */
    readonly setting: string;
  };
  /** Rows in which a column is what a setting says, such as the region. */
  readonly match?: {
    /** Column of the table. */
    readonly column: string;
    /** Setting of the session that holds the value: `app.tenant`. Not set, it means no rows. */
    readonly setting: string;
  };
  /** Rows that name the connected role. */
  readonly user?: {
    /** Column of the table. */
    readonly column: string;
  };
  /** Rows that another table gives to the connected role; its two columns are granted to these roles as well. */
  readonly mapping?: {
    /** Table that says who sees what. */
    readonly table: string;
    /** Its column with the name of the role that is connected. */
    readonly user: string;
    /** Its column with the value to be seen. */
    readonly key: string;
    /** Column of the table itself; by default it is named like the other. */
    readonly column?: string;
  };
  /** Rows of the connected role and of everybody below it in a tree; its columns are granted to these roles as well. */
  readonly hierarchy?: {
    /** Table that holds the tree. */
    readonly table: string;
    /** Its column with the key of a node. */
    readonly child: string;
    /** Its column with the key of the node above. */
    readonly parent: string;
    /** Its column with the name of the role that is connected. */
    readonly user: string;
    /** Column of the table itself; by default it is named like the other. */
    readonly column?: string;
  };
  /** SQL condition on the rows, where no other rule fits. */
  readonly condition?: string;
  /** Must hold in addition to what opens the rows. Otherwise a row is seen that meets this rule or another. @default false */
  readonly restrictive?: boolean;
  /** Commands that it is for. Absent: all. */
  readonly commands?: readonly ("select" | "insert" | "update" | "delete")[];
  /** Makes an index on the column of the rule where none begins with it. @default true */
  readonly index?: boolean;
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** Each tenant sees and writes its own rows alone, in every table of some schemas, those to come included: a table without the column fails the plan until it is excepted. */
export type TenantIsolation = {
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** Column that holds the tenant, in every table. */
  readonly column: string;
  /** Schemas whose tables are isolated. */
  readonly schemas?: readonly string[];
  /** Tables that are isolated, where it is not whole schemas. */
  readonly tables?: readonly string[];
  /** Setting of the session that holds the tenant: `app.tenant`. Not set, it means no rows. */
  readonly setting?: string;
  /** Table that gives tenants to roles, where people connect under names of their own. Its two columns are granted to the roles; it is not isolated itself. */
  readonly mapping?: {
    /** Table that says who belongs to which tenant. */
    readonly table: string;
    /** Its column with the name of the role that is connected. */
    readonly user: string;
    /** Its column with the tenant. */
    readonly key: string;
  };
  /** Roles that are bound; `public` for all. @default ["public"] */
  readonly to?: readonly string[];
  /** Tables that are left as they are. */
  readonly except?: readonly {
    /** `schema.name`; `*` stands for any characters. */
    readonly table: string;
    /** Why they hold nothing of a tenant's. */
    readonly reason: string;
  }[];
  /** Roles that see and write the rows of all tenants. */
  readonly bypass?: readonly string[];
  /** Makes an index on the column of each table where none begins with it. @default true */
  readonly index?: boolean;
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** Privileges of a role on an object. Each privilege is a fact of its own: grants by others stay what they are. */
export type Grant = {
  /** Role that gets the privileges; `public` for every role. */
  readonly to: string;
  /** Privileges. */
  readonly privileges: readonly string[];
  /** Object that they are on: one of these. */
  readonly on: {
    /** Database, which is the one connected to. */
    readonly database?: string;
    /** Schema. */
    readonly schema?: string;
    /** Table, view or materialized view. */
    readonly table?: string;
    /** Only these columns of the table. */
    readonly columns?: readonly string[];
    /** Sequence. */
    readonly sequence?: string;
    /** Function or procedure with the types of its arguments: `sales.margin(numeric, numeric)`. */
    readonly function?: string;
  };
  /** May grant them to others. @default false */
  readonly grantOption?: boolean;
  /** Role that granted them, where it is not the owner of the object. */
  readonly grantor?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
};

/** The columns of a table that some roles may read, and no others: whatever else they were granted to read of it is revoked, whoever granted it. */
export type ColumnAccess = {
  /** Table. */
  readonly table: string;
  /** Roles; `public` for what everybody may read. */
  readonly to: readonly string[];
  /** Columns that they may read. Without `columns` and `classes`: all. */
  readonly columns?: readonly string[];
  /** Columns of these classes, which they may read as well. */
  readonly classes?: readonly string[];
  /** Columns that they may not read, whatever else is said. */
  readonly except?: readonly string[];
  /** Columns of these classes, which they may not read, whatever else is said. */
  readonly exceptClasses?: readonly string[];
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
};

/** Privileges that objects will have which a role makes from now on; those that exist are not touched. */
export type DefaultPrivilege = {
  /** Role that makes the objects. */
  readonly owner: string;
  /** Only objects in this schema. Absent: in all of them. */
  readonly schema?: string;
  /** What kind of object. */
  readonly on: "tables" | "sequences" | "functions" | "types" | "schemas";
  /** Role that gets the privileges; `public` for every role. */
  readonly to: string;
  /** Privileges. */
  readonly privileges: readonly string[];
  /** May grant them to others. @default false */
  readonly grantOption?: boolean;
  /** Takes away what the engine gives by default, such as EXECUTE on functions to `public`. @default false */
  readonly revoked?: boolean;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
};

/** Rows that a table always has, as a query gives them. Rows with other keys are left alone. */
export type Seed = {
  /** Table. */
  readonly table: string;
  /** Columns that tell its rows apart; unique in the table. */
  readonly key: readonly string[];
  /** Columns that the query gives, in its order. */
  readonly columns: readonly string[];
  /** SELECT statement that gives the rows. */
  readonly rows: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
};

/** A pool of connections to this data source: how many it may open and in which mode, and the role and function by which its pooler looks passwords up. A ConnectionPool declares it by itself; by hand for a pooler that somebody else keeps. */
export type PoolerAccess = {
  /** Name of the pool, for reports. */
  readonly name: string;
  /** When a server connection goes back to the pool: `session` when the client leaves, `transaction` after each transaction, `statement` after each statement. @default "session" */
  readonly mode?: "session" | "transaction" | "statement";
  /** Connections for each user, or in all where `user` is given. */
  readonly size: number;
  /** Further ones for clients that wait. @default 0 */
  readonly reserve?: number;
  /** Connections in all, whoever its users are; 0 for no limit. @default 0 */
  readonly maxConnections?: number;
  /** Poolers that have this pool, each for itself. @default 1 */
  readonly poolers?: number;
  /** Role that it logs in as, whoever the client is. */
  readonly user?: string;
  /** Roles that connect through it. */
  readonly users?: readonly string[];
  /** What is otherwise for a role, which is one of its users whether `users` names it or not. */
  readonly each?: { readonly [name: string]: {
    /** When a server connection goes back to the pool: `session` when the client leaves, `transaction` after each transaction, `statement` after each statement. */
    readonly mode?: "session" | "transaction" | "statement";
    /** Connections of the role in this pool. */
    readonly size?: number;
    /** Further ones for clients that wait. */
    readonly reserve?: number;
    /** Connections of the role in all pools of the pooler; 0 for no limit. */
    readonly maxConnections?: number;
    /** It looks passwords up for the pooler, and is no client. @default false */
    readonly lookup?: boolean;
  } };
  /** Pooler that has it: pools of one share the limits of their users. */
  readonly pooler?: string;
  /** Replica of the data source that it leads to. */
  readonly replica?: string;
  /** Database of the server that it leads to, where it is not that of the data source. */
  readonly database?: string;
  /** How the pooler looks passwords up: a role that may call one function and nothing else. */
  readonly lookup?: {
    /** Role, which is made. */
    readonly role: string;
    /** Its password. A secret by reference, never a literal: `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }`, or where a secret manager keeps it. */
    readonly password?: {
      /** Name of an environment variable that holds the secret. */
      readonly env?: string;
      /** Path of a file that holds the secret, relative to the document; one trailing line break is ignored. */
      readonly file?: string;
      /** A command and its arguments; what it prints is the secret. */
      readonly exec?: readonly string[];
      /** AWS Secrets Manager: name or ARN of the secret. */
      readonly awsSecret?: string | {
        /** Name or ARN. */
        readonly id: string;
        /** Region; by default that of the environment. */
        readonly region?: string;
        /** Stage of the version. @default "AWSCURRENT" */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** HashiCorp Vault, key-value store: `mount/path` of the secret. */
      readonly vault?: string | {
        /** Mount and path, such as `secret/warehouse`. */
        readonly id: string;
        /** Address of the server; by default VAULT_ADDR. */
        readonly address?: string;
        /** Namespace; by default VAULT_NAMESPACE. */
        readonly namespace?: string;
        /** Version; by default the newest. */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** Google Secret Manager: `projects/P/secrets/S`. */
      readonly gcpSecret?: string | {
        /** Resource name: `projects/P/secrets/S`, or `projects/P/locations/L/secrets/S`. */
        readonly id: string;
        /** Version. @default "latest" */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** Azure Key Vault: `VAULT/NAME`. */
      readonly azureSecret?: string | {
        /** Names of the vault and of the secret: `VAULT/NAME`; in other clouds the identifier of the secret, a URL. */
        readonly id: string;
        /** Version; by default the newest. */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** Secret mounted into the pod: `NAME/KEY`. */
      readonly kubernetesSecret?: string | {
        /** Name and key: `NAME/KEY`. */
        readonly id: string;
        /** Folder under which secrets are mounted. @default "/var/run/secrets" */
        readonly mount?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
    };
    /** Schema of the function, which is made. @default "pooler" */
    readonly schema?: string;
  };
  /** Comment kept by the engine beside the object. */
  readonly comment?: string;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
  /** Its former name; renames in place. */
  readonly renamedFrom?: string;
};

/** What a role can do, tried on the live system as that role, in a transaction that is rolled back. A test that could show nothing has failed. */
export type AccessTest = {
  /** Name, as reports show it. */
  readonly name: string;
  /** Role that acts; `public` for one that has nothing but what everybody has. */
  readonly as: string;
  /** Settings of the session, such as `app.user_region: EU`. */
  readonly settings?: { readonly [name: string]: string | number | boolean };
  /** Table or view that it acts on, and that `plant` fills. */
  readonly on?: string;
  /** SELECT statement that it runs, in place of reading `on`. */
  readonly query?: string;
  /** What it tries. @default "select" */
  readonly command?: "select" | "insert" | "update" | "delete";
  /** Columns that are read or written; by default all, or those that are expected or given. */
  readonly columns?: readonly string[];
  /** SQL condition on the rows that it reads, updates or deletes. */
  readonly where?: string;
  /** Values that an insert or an update writes; what a new row needs besides is made up. */
  readonly values?: { readonly [name: string]: string | number | boolean | null };
  /** Rows that are there before it acts, put into `on` by the connected role; what they need besides is made up. */
  readonly plant?: readonly { readonly [name: string]: string | number | boolean | null }[];
  /** Holds as well where there is no row that could show anything. @default false */
  readonly allowEmpty?: boolean;
  /** URL with which the role logs in, in place of SET ROLE. A secret by reference, never a literal: `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }`, or where a secret manager keeps it. */
  readonly url?: {
    /** Name of an environment variable that holds the secret. */
    readonly env?: string;
    /** Path of a file that holds the secret, relative to the document; one trailing line break is ignored. */
    readonly file?: string;
    /** A command and its arguments; what it prints is the secret. */
    readonly exec?: readonly string[];
    /** AWS Secrets Manager: name or ARN of the secret. */
    readonly awsSecret?: string | {
      /** Name or ARN. */
      readonly id: string;
      /** Region; by default that of the environment. */
      readonly region?: string;
      /** Stage of the version. @default "AWSCURRENT" */
      readonly version?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
    /** HashiCorp Vault, key-value store: `mount/path` of the secret. */
    readonly vault?: string | {
      /** Mount and path, such as `secret/warehouse`. */
      readonly id: string;
      /** Address of the server; by default VAULT_ADDR. */
      readonly address?: string;
      /** Namespace; by default VAULT_NAMESPACE. */
      readonly namespace?: string;
      /** Version; by default the newest. */
      readonly version?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
    /** Google Secret Manager: `projects/P/secrets/S`. */
    readonly gcpSecret?: string | {
      /** Resource name: `projects/P/secrets/S`, or `projects/P/locations/L/secrets/S`. */
      readonly id: string;
      /** Version. @default "latest" */
      readonly version?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
    /** Azure Key Vault: `VAULT/NAME`. */
    readonly azureSecret?: string | {
      /** Names of the vault and of the secret: `VAULT/NAME`; in other clouds the identifier of the secret, a URL. */
      readonly id: string;
      /** Version; by default the newest. */
      readonly version?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
    /** Secret mounted into the pod: `NAME/KEY`. */
    readonly kubernetesSecret?: string | {
      /** Name and key: `NAME/KEY`. */
      readonly id: string;
      /** Folder under which secrets are mounted. @default "/var/run/secrets" */
      readonly mount?: string;
      /** Field of the secret, where it is a JSON object. */
      readonly key?: string;
    };
  };
  /** How long a statement of it may take. @default "60s" */
  readonly timeout?: string;
  /** What must be so; of several, all of them. */
  readonly expect: {
    /** Exactly these rows are seen, in any order; of each the columns that are given here. */
    readonly rows?: readonly { readonly [name: string]: string | number | boolean | null }[];
    /** Exactly these columns are readable. */
    readonly columns?: readonly string[];
    /** It is refused: the role lacks the privilege, or a row policy refuses the row that it writes. @default false */
    readonly denied?: boolean;
    /** How many rows are seen, or written. */
    readonly count?: number | {
      /** At least. */
      readonly min?: number;
      /** At most. */
      readonly max?: number;
    };
    /** SQL condition that every row meets that is seen. */
    readonly only?: string;
    /** No row is seen, or written. @default false */
    readonly none?: boolean;
  };
  /** Why it matters; reports show it. */
  readonly comment?: string;
};

/** What must be so of the rows of a table or view, in one check; looked at, never changed. */
export type QualityCheck = {
  /** Name, as reports show it. */
  readonly name: string;
  /** Table or view that is looked at. */
  readonly on?: string;
  /** Column that is never NULL. */
  readonly notNull?: string;
  /** Columns whose values together stand in one row only; NULL equals nothing. */
  readonly unique?: readonly string[];
  /** Column whose values lie between two; NULL is passed over. */
  readonly range?: {
    /** Column. */
    readonly column: string;
    /** Smallest value. */
    readonly min?: number | string;
    /** Largest value. */
    readonly max?: number | string;
  };
  /** Column that holds some values only; NULL is passed over. */
  readonly accepted?: {
    /** Column. */
    readonly column: string;
    /** The values. */
    readonly values: readonly (number | string)[];
  };
  /** Columns whose values stand in another table as well; NULL is passed over. */
  readonly references?: {
    /** Columns, in order. */
    readonly columns: readonly string[];
    /** The other table or view. */
    readonly table: string;
    /** Its columns, in the same order. */
    readonly to: readonly string[];
  };
  /** Column of dates or times whose newest value is not older than this. A table without a value is stale. */
  readonly freshness?: {
    /** Column. */
    readonly column: string;
    /** Greatest age of the newest value. */
    readonly within: string;
  };
  /** How many rows there are. */
  readonly rowCount?: {
    /** At least. */
    readonly min?: number;
    /** At most. */
    readonly max?: number;
  };
  /** Column of dates or times of which none lies in the future. */
  readonly noFuture?: string;
  /** SELECT statement that gives the rows that are wrong. */
  readonly violations?: string;
  /** SQL condition on the rows that are looked at. */
  readonly where?: string;
  /** What a violation is: an `error` fails the run, a `warning` is told. @default "error" */
  readonly severity?: "error" | "warning";
  /** How many rows may be wrong: a number, or a share such as `0.5%`. @default 0 */
  readonly threshold?: number | string;
  /** How many wrong rows are shown; of classified columns no value ever is. @default 5 */
  readonly sample?: number;
  /** How long the check may take. @default "60s" */
  readonly timeout?: string;
  /** Why it matters; reports show it. */
  readonly comment?: string;
};

/** A rule over what is declared and planned: how much a built-in guardrail counts, conditions of your own, or a module with rules in TypeScript. It holds for every data source unless it names one. */
export type Policy = {
  /** Name, by which messages and exceptions call it. */
  readonly name: string;
  /** A built-in guardrail by its code, or a pack of them, of which the severity is set. */
  readonly rule?: string;
  /** What it judges: all that meets every part of this. */
  readonly match?: {
    /** Kinds. */
    readonly kind?: readonly string[];
    /** Name as references write it, such as `sales.customer`; `*` stands for any characters. */
    readonly name?: string;
    /** Conditions that its fields meet. By field: a value, several of which one must be it, or tests by name: present, not, matches, min, max, any, all, has. */
    readonly where?: { readonly [name: string]: unknown };
    /** It is part of a plan that does one of these to it. */
    readonly action?: readonly ("create" | "alter" | "replace" | "rename" | "drop")[];
    /** It is part of a plan with one of these hazards. */
    readonly hazard?: readonly string[];
  };
  /** Conditions that must hold. By field: a value, several of which one must be it, or tests by name: present, not, matches, min, max, any, all, has. */
  readonly require?: { readonly [name: string]: unknown };
  /** Conditions that must not hold together. By field: a value, several of which one must be it, or tests by name: present, not, matches, min, max, any, all, has. */
  readonly forbid?: { readonly [name: string]: unknown };
  /** File with rules in TypeScript or JavaScript, relative to the document; it runs with the rights of whoever plans. */
  readonly module?: string;
  /** How much it counts, everywhere or by environment. @default "error" */
  readonly severity?: "error" | "warning" | "note" | "off" | { readonly [name: string]: "error" | "warning" | "note" | "off" };
  /** What is told of what breaks it; by default which fields do. */
  readonly says?: string;
  /** What to do about it. */
  readonly detail?: string;
  /** Why a rule is turned off. */
  readonly reason?: string;
  /** Why it matters; reports show it. */
  readonly comment?: string;
};

/** What a rule finds and may stay for a while, with a reason, an owner and an end. Every plan lists it; past its end the rule counts again. */
export type PolicyException = {
  /** Name, as plans list it. */
  readonly name: string;
  /** Built-in guardrail by its code, or a Policy by its name. */
  readonly rule: string;
  /** Objects that it excepts, as `sales.customer` or `View/sales.customer`; `*` stands for any characters. */
  readonly objects: readonly string[];
  /** Why it may stay. */
  readonly reason: string;
  /** Who answers for it. */
  readonly owner: string;
  /** End, with a time zone: past it the rule counts again. */
  readonly until: string;
  /** Why it matters; reports show it. */
  readonly comment?: string;
};

/** A file of a folder, such as the unit of a timer; its first line says whose it is. */
export type File = {
  /** Path in the folder of the data source. */
  readonly path: string;
  /** What is in it. */
  readonly content?: string;
  /** It is a link to this path instead. */
  readonly link?: string;
  /** Permissions, as chmod writes them. @default "0644" */
  readonly mode?: string;
  /** What a line begins with that is a comment; `json` for an object of JSON, which gets a key `//`; `none` where the format has none. @default "#" */
  readonly marker?: string;
  /** It is known to be ours, and what is to run after a change of it has run. @default true */
  readonly installed?: boolean;
  /** Never dropped or replaced, whatever is allowed. @default false */
  readonly protect?: boolean;
  /** Fields whose differences are left alone. */
  readonly ignore?: readonly string[];
};

/** When and how a data source is backed up, where to, and for how long. Its runner is installed as declared; `datumline backup` runs, lists, verifies and restores it. */
export type BackupSchedule = {
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** When it runs: `{ cron: "30 3 * * *" }` or `{ every: 6h, from: "22:00", to: "06:00" }`. */
  readonly schedule: {
    /** Five fields, as crontab has them: minute, hour, day, month, weekday. */
    readonly cron: string;
    /** Time zone, as the IANA database names it. @default "UTC" */
    readonly timeZone?: string;
  } | {
    /** Interval that divides an hour, a day or a week: `15min`, `6h`, `1d`, `7d`. */
    readonly every: string;
    /** Start of the window, a whole hour. */
    readonly from?: string;
    /** End of the window, a whole hour that is left out. */
    readonly to?: string;
    /** Time zone, as the IANA database names it. @default "UTC" */
    readonly timeZone?: string;
  };
  /** What is backed up; by default the database, its roles and the declaration. */
  readonly what?: {
    /** Only these schemas. */
    readonly schemas?: readonly string[];
    /** Tables whose rows are left out; `*` stands for any characters. */
    readonly except?: readonly string[];
    /** Roles, memberships and settings as well; passwords are never in it. @default true */
    readonly globals?: boolean;
    /** The declaration as well. @default true */
    readonly declaration?: boolean;
  };
  /** With what. */
  readonly how?: {
    /** Tool. @default "pg_dump" */
    readonly tool?: "pg_dump" | "pgbackrest" | "aws-backup" | "rds";
    /** Of AWS, which makes the backups: names in the Terraform configuration that the runner's files become part of. */
    readonly aws?: {
      /** Instance or cluster: `aws_db_instance.NAME` or `aws_rds_cluster.NAME`; for AWS Backup its ARN as well. */
      readonly resource: string;
      /** IAM role of AWS Backup: `aws_iam_role.NAME`, or its ARN. */
      readonly role?: string;
      /** Vault of AWS Backup: `aws_backup_vault.NAME`; by default one is made, sealed with a key of AWS. */
      readonly vault?: string;
    };
    /** Form of a dump. @default "custom" */
    readonly format?: "custom" | "directory" | "plain";
    /** Tables dumped side by side, in the form `directory`. @default 1 */
    readonly jobs?: number;
    /** Of pgBackRest: all, what changed since the last full one, or since the last of any. Where there is none to build upon it takes all. @default "full" */
    readonly type?: "full" | "differential" | "incremental";
    /** Stanza of pgBackRest. */
    readonly stanza?: string;
    /** Configuration file of pgBackRest, relative to the document; by default its own. */
    readonly config?: string;
    /** Compression. @default "zstd" */
    readonly compression?: "zstd" | "gzip" | "none";
    /** How hard it is compressed. */
    readonly level?: number;
  };
  /** Where it is kept; each place holds all of it. AWS keeps its own backups itself. */
  readonly to?: readonly ({
    /** Path of the folder, relative to the document. */
    readonly directory: string;
  } | {
    /** Bucket. */
    readonly s3: {
      /** Name. */
      readonly bucket: string;
      /** What the names of its objects begin with. */
      readonly prefix?: string;
      /** Region; by default that of the environment. */
      readonly region?: string;
      /** Address of the server, where it is not AWS. */
      readonly endpoint?: string;
      /** The bucket stands in the path of the address, not in its name. @default false */
      readonly pathStyle?: boolean;
      /** Encryption by the server. */
      readonly encryption?: "AES256" | "aws:kms";
      /** Key of AWS KMS. */
      readonly kmsKey?: string;
      /** A secret by reference, never a literal: `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }`, or where a secret manager keeps it. */
      readonly accessKey?: {
        /** Name of an environment variable that holds the secret. */
        readonly env?: string;
        /** Path of a file that holds the secret, relative to the document; one trailing line break is ignored. */
        readonly file?: string;
        /** A command and its arguments; what it prints is the secret. */
        readonly exec?: readonly string[];
        /** AWS Secrets Manager: name or ARN of the secret. */
        readonly awsSecret?: string | {
          /** Name or ARN. */
          readonly id: string;
          /** Region; by default that of the environment. */
          readonly region?: string;
          /** Stage of the version. @default "AWSCURRENT" */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** HashiCorp Vault, key-value store: `mount/path` of the secret. */
        readonly vault?: string | {
          /** Mount and path, such as `secret/warehouse`. */
          readonly id: string;
          /** Address of the server; by default VAULT_ADDR. */
          readonly address?: string;
          /** Namespace; by default VAULT_NAMESPACE. */
          readonly namespace?: string;
          /** Version; by default the newest. */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Google Secret Manager: `projects/P/secrets/S`. */
        readonly gcpSecret?: string | {
          /** Resource name: `projects/P/secrets/S`, or `projects/P/locations/L/secrets/S`. */
          readonly id: string;
          /** Version. @default "latest" */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Azure Key Vault: `VAULT/NAME`. */
        readonly azureSecret?: string | {
          /** Names of the vault and of the secret: `VAULT/NAME`; in other clouds the identifier of the secret, a URL. */
          readonly id: string;
          /** Version; by default the newest. */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Secret mounted into the pod: `NAME/KEY`. */
        readonly kubernetesSecret?: string | {
          /** Name and key: `NAME/KEY`. */
          readonly id: string;
          /** Folder under which secrets are mounted. @default "/var/run/secrets" */
          readonly mount?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
      };
      /** A secret by reference, never a literal: `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }`, or where a secret manager keeps it. */
      readonly secretKey?: {
        /** Name of an environment variable that holds the secret. */
        readonly env?: string;
        /** Path of a file that holds the secret, relative to the document; one trailing line break is ignored. */
        readonly file?: string;
        /** A command and its arguments; what it prints is the secret. */
        readonly exec?: readonly string[];
        /** AWS Secrets Manager: name or ARN of the secret. */
        readonly awsSecret?: string | {
          /** Name or ARN. */
          readonly id: string;
          /** Region; by default that of the environment. */
          readonly region?: string;
          /** Stage of the version. @default "AWSCURRENT" */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** HashiCorp Vault, key-value store: `mount/path` of the secret. */
        readonly vault?: string | {
          /** Mount and path, such as `secret/warehouse`. */
          readonly id: string;
          /** Address of the server; by default VAULT_ADDR. */
          readonly address?: string;
          /** Namespace; by default VAULT_NAMESPACE. */
          readonly namespace?: string;
          /** Version; by default the newest. */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Google Secret Manager: `projects/P/secrets/S`. */
        readonly gcpSecret?: string | {
          /** Resource name: `projects/P/secrets/S`, or `projects/P/locations/L/secrets/S`. */
          readonly id: string;
          /** Version. @default "latest" */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Azure Key Vault: `VAULT/NAME`. */
        readonly azureSecret?: string | {
          /** Names of the vault and of the secret: `VAULT/NAME`; in other clouds the identifier of the secret, a URL. */
          readonly id: string;
          /** Version; by default the newest. */
          readonly version?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
        /** Secret mounted into the pod: `NAME/KEY`. */
        readonly kubernetesSecret?: string | {
          /** Name and key: `NAME/KEY`. */
          readonly id: string;
          /** Folder under which secrets are mounted. @default "/var/run/secrets" */
          readonly mount?: string;
          /** Field of the secret, where it is a JSON object. */
          readonly key?: string;
        };
      };
    };
  })[];
  /** Encryption before it leaves this machine: AES-256-GCM. */
  readonly encryption?: {
    /** Key, 32 bytes as hex or base64. A secret by reference, never a literal: `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }`, or where a secret manager keeps it. */
    readonly key: {
      /** Name of an environment variable that holds the secret. */
      readonly env?: string;
      /** Path of a file that holds the secret, relative to the document; one trailing line break is ignored. */
      readonly file?: string;
      /** A command and its arguments; what it prints is the secret. */
      readonly exec?: readonly string[];
      /** AWS Secrets Manager: name or ARN of the secret. */
      readonly awsSecret?: string | {
        /** Name or ARN. */
        readonly id: string;
        /** Region; by default that of the environment. */
        readonly region?: string;
        /** Stage of the version. @default "AWSCURRENT" */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** HashiCorp Vault, key-value store: `mount/path` of the secret. */
      readonly vault?: string | {
        /** Mount and path, such as `secret/warehouse`. */
        readonly id: string;
        /** Address of the server; by default VAULT_ADDR. */
        readonly address?: string;
        /** Namespace; by default VAULT_NAMESPACE. */
        readonly namespace?: string;
        /** Version; by default the newest. */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** Google Secret Manager: `projects/P/secrets/S`. */
      readonly gcpSecret?: string | {
        /** Resource name: `projects/P/secrets/S`, or `projects/P/locations/L/secrets/S`. */
        readonly id: string;
        /** Version. @default "latest" */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** Azure Key Vault: `VAULT/NAME`. */
      readonly azureSecret?: string | {
        /** Names of the vault and of the secret: `VAULT/NAME`; in other clouds the identifier of the secret, a URL. */
        readonly id: string;
        /** Version; by default the newest. */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** Secret mounted into the pod: `NAME/KEY`. */
      readonly kubernetesSecret?: string | {
        /** Name and key: `NAME/KEY`. */
        readonly id: string;
        /** Folder under which secrets are mounted. @default "/var/run/secrets" */
        readonly mount?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
    };
  };
  /** How long backups are kept. The last good one is never removed. */
  readonly retention?: {
    /** The newest of these many. */
    readonly count?: number;
    /** Those of so many days. */
    readonly days?: number;
    /** The newest of each of so many days. */
    readonly daily?: number;
    /** The newest of each of so many weeks. */
    readonly weekly?: number;
    /** The newest of each of so many months. */
    readonly monthly?: number;
    /** The newest of each of so many years. */
    readonly yearly?: number;
  };
  /** Tables whose rows are counted and hashed, so that a restore can be compared; `*` stands for any characters. */
  readonly check?: readonly string[];
  /** How much may be lost at most: the greatest age of the newest good backup. */
  readonly rpo?: string;
  /** How long a restore may take. */
  readonly rto?: string;
  /** What runs it: files of a data source with the engine `files`. */
  readonly runner?: {
    /** Data source that holds the files. */
    readonly on: string;
    /** Scheduler; `terraform` where AWS runs it, and the files are settings of it. */
    readonly as: "systemd" | "cron" | "kubernetes" | "github-actions" | "terraform";
    /** User that it runs as, for systemd and cron. */
    readonly user?: string;
    /** Command that stands for `datumline` there. */
    readonly command?: readonly string[];
    /** Path of the declaration there, for `-f`; all but `terraform` need it. */
    readonly declaration?: string;
    /** Container image, for Kubernetes, which needs one: with datumline, pg, pg_dump of the server's major version, and zstd. */
    readonly image?: string;
    /** Volumes of the pod, for Kubernetes: the declaration, keys, or a claim that keeps backups and evidence. */
    readonly volumes?: readonly {
      /** Folder that it is mounted as. */
      readonly path: string;
      /** Name of a PersistentVolumeClaim. */
      readonly claim?: string;
      /** Name of a ConfigMap. */
      readonly configMap?: string;
      /** Name of a Secret. */
      readonly secret?: string;
    }[];
    /** Environment of the run: what is no secret. */
    readonly environment?: { readonly [name: string]: string };
    /** File with the secrets of its environment, for systemd; name of a Secret for Kubernetes. */
    readonly environmentFile?: string;
  };
  /** Why it matters; reports show it. */
  readonly comment?: string;
};

/** A restore that is tried: into a throw-away server, compared with the declaration and with what was counted, proved, timed, and thrown away. What was seen is kept as evidence. */
export type RestoreDrill = {
  /** Name, exactly as the engine holds it; nothing is folded to lower case. */
  readonly name: string;
  /** Backup that is restored. */
  readonly of: string;
  /** When it runs: `{ cron: "30 3 * * *" }` or `{ every: 6h, from: "22:00", to: "06:00" }`. */
  readonly schedule?: {
    /** Five fields, as crontab has them: minute, hour, day, month, weekday. */
    readonly cron: string;
    /** Time zone, as the IANA database names it. @default "UTC" */
    readonly timeZone?: string;
  } | {
    /** Interval that divides an hour, a day or a week: `15min`, `6h`, `1d`, `7d`. */
    readonly every: string;
    /** Start of the window, a whole hour. */
    readonly from?: string;
    /** End of the window, a whole hour that is left out. */
    readonly to?: string;
    /** Time zone, as the IANA database names it. @default "UTC" */
    readonly timeZone?: string;
  };
  /** What runs it: files of a data source with the engine `files`. */
  readonly runner?: {
    /** Data source that holds the files. */
    readonly on: string;
    /** Scheduler; `terraform` where AWS runs it, and the files are settings of it. */
    readonly as: "systemd" | "cron" | "kubernetes" | "github-actions" | "terraform";
    /** User that it runs as, for systemd and cron. */
    readonly user?: string;
    /** Command that stands for `datumline` there. */
    readonly command?: readonly string[];
    /** Path of the declaration there, for `-f`; all but `terraform` need it. */
    readonly declaration?: string;
    /** Container image, for Kubernetes, which needs one: with datumline, pg, pg_dump of the server's major version, and zstd. */
    readonly image?: string;
    /** Volumes of the pod, for Kubernetes: the declaration, keys, or a claim that keeps backups and evidence. */
    readonly volumes?: readonly {
      /** Folder that it is mounted as. */
      readonly path: string;
      /** Name of a PersistentVolumeClaim. */
      readonly claim?: string;
      /** Name of a ConfigMap. */
      readonly configMap?: string;
      /** Name of a Secret. */
      readonly secret?: string;
    }[];
    /** Environment of the run: what is no secret. */
    readonly environment?: { readonly [name: string]: string };
    /** File with the secrets of its environment, for systemd; name of a Secret for Kubernetes. */
    readonly environmentFile?: string;
  };
  /** Where it is restored; by default an embedded server that is made for it. */
  readonly into?: {
    /** Server, in which a new database is made and dropped. A secret by reference, never a literal: `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }`, or where a secret manager keeps it. */
    readonly url?: {
      /** Name of an environment variable that holds the secret. */
      readonly env?: string;
      /** Path of a file that holds the secret, relative to the document; one trailing line break is ignored. */
      readonly file?: string;
      /** A command and its arguments; what it prints is the secret. */
      readonly exec?: readonly string[];
      /** AWS Secrets Manager: name or ARN of the secret. */
      readonly awsSecret?: string | {
        /** Name or ARN. */
        readonly id: string;
        /** Region; by default that of the environment. */
        readonly region?: string;
        /** Stage of the version. @default "AWSCURRENT" */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** HashiCorp Vault, key-value store: `mount/path` of the secret. */
      readonly vault?: string | {
        /** Mount and path, such as `secret/warehouse`. */
        readonly id: string;
        /** Address of the server; by default VAULT_ADDR. */
        readonly address?: string;
        /** Namespace; by default VAULT_NAMESPACE. */
        readonly namespace?: string;
        /** Version; by default the newest. */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** Google Secret Manager: `projects/P/secrets/S`. */
      readonly gcpSecret?: string | {
        /** Resource name: `projects/P/secrets/S`, or `projects/P/locations/L/secrets/S`. */
        readonly id: string;
        /** Version. @default "latest" */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** Azure Key Vault: `VAULT/NAME`. */
      readonly azureSecret?: string | {
        /** Names of the vault and of the secret: `VAULT/NAME`; in other clouds the identifier of the secret, a URL. */
        readonly id: string;
        /** Version; by default the newest. */
        readonly version?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
      /** Secret mounted into the pod: `NAME/KEY`. */
      readonly kubernetesSecret?: string | {
        /** Name and key: `NAME/KEY`. */
        readonly id: string;
        /** Folder under which secrets are mounted. @default "/var/run/secrets" */
        readonly mount?: string;
        /** Field of the secret, where it is a JSON object. */
        readonly key?: string;
      };
    };
  };
  /** Tables whose rows are hashed; by default those that the schedule checks. */
  readonly tables?: readonly string[];
  /** Runs the proofs and quality checks of the declaration on the copy. @default true */
  readonly proofs?: boolean;
  /** Folder for the evidence, a JSON file and a page; relative to the document. @default "evidence" */
  readonly evidence?: string;
  /** Why it matters; reports show it. */
  readonly comment?: string;
};

/** The fields of every kind, by its name. */
export interface Specs {
  readonly DataSource: DataSource;
  readonly PoolerSettings: PoolerSettings;
  readonly PoolUser: PoolUser;
  readonly ConnectionPool: ConnectionPool;
  readonly Role: Role;
  readonly ReadOnlyRole: ReadOnlyRole;
  readonly RoleTemplate: RoleTemplate;
  readonly BreakGlassRole: BreakGlassRole;
  readonly Schema: Schema;
  readonly Extension: Extension;
  readonly Enum: Enum;
  readonly Function: Function;
  readonly Sequence: Sequence;
  readonly Table: Table;
  readonly DimensionTable: DimensionTable;
  readonly FactTable: FactTable;
  readonly DateDimension: DateDimension;
  readonly Index: Index;
  readonly MaterializedView: MaterializedView;
  readonly View: View;
  readonly MaskedView: MaskedView;
  readonly RowPolicy: RowPolicy;
  readonly RowAccess: RowAccess;
  readonly TenantIsolation: TenantIsolation;
  readonly Grant: Grant;
  readonly ColumnAccess: ColumnAccess;
  readonly DefaultPrivilege: DefaultPrivilege;
  readonly Seed: Seed;
  readonly PoolerAccess: PoolerAccess;
  readonly AccessTest: AccessTest;
  readonly QualityCheck: QualityCheck;
  readonly Policy: Policy;
  readonly PolicyException: PolicyException;
  readonly File: File;
  readonly BackupSchedule: BackupSchedule;
  readonly RestoreDrill: RestoreDrill;
}

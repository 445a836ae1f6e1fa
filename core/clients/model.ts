/** What a client is told, whichever it is; each client spells it in its own way. */

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What whoever runs the client must give it: a variable of its environment, or a file. */
export interface Supply {
  /** Name of the variable, or path of the file. */
  readonly name: string;
  /** What is in it: `the password of owner`. */
  readonly holds: string;
  /** Command of a POSIX shell that makes it, where there is one. */
  readonly command?: string;
}

/** Encryption, with libpq's modes; files by their paths. */
export interface ClientTls {
  readonly mode: "disable" | "prefer" | "require" | "verify-ca" | "verify-full";
  /** Without it, what is verified is verified with the authorities of the system. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Pool that each process of a client keeps; times in seconds. */
export interface ClientPool {
  readonly size: number;
  readonly overflow: number;
  readonly timeout: number;
  readonly recycle: number;
  readonly prePing: boolean;
}

/** How a data source is reached, from its declaration. */
export interface ClientSettings extends Endpoint {
  /** Of the data source. */
  readonly name: string;
  readonly database: string;
  readonly user: string;
  /** Variable that holds the password. */
  readonly password?: string;
  readonly tls: ClientTls;
  /** Servers that can be read from. */
  readonly replicas: readonly (Endpoint & { readonly name: string })[];
  readonly pool: ClientPool;
  /**
   * A pooler hands out server connections by the transaction: the client keeps no pool of its own, and nothing of a
   * session lasts, prepared statements included.
   */
  readonly pooled: boolean;
  readonly applicationName: string;
  /** Seconds until an attempt to connect is given up. */
  readonly connectTimeout: number;
  readonly environment: readonly Supply[];
  readonly files: readonly Supply[];
  /** What else whoever uses the settings should know. */
  readonly notes: readonly string[];
}

/** What a client makes of the settings. */
export interface Written {
  readonly text: string;
  /** Files of this client alone. */
  readonly files?: readonly Supply[];
  readonly notes?: readonly string[];
}

/** A program or library that connects. */
export interface Client {
  readonly title: string;
  /** Engines that it can be told of here. */
  readonly engines: readonly string[];
  /** Name of the file that the settings go into. */
  readonly file: (name: string) => string;
  /** What begins a comment in it. */
  readonly comment: string;
  /** It is told of replicas as well. */
  readonly replicas: boolean;
  /** Why it cannot be told of these settings. */
  refuse?(settings: ClientSettings): string | undefined;
  write(settings: ClientSettings): Written;
}

/** Settings of a client as a file. */
export interface ClientFile {
  /** Name that the client, or its documentation, expects. */
  readonly name: string;
  readonly text: string;
  /** Variables that the client needs. */
  readonly environment: readonly string[];
}

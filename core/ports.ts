const PORTS: Readonly<Record<string, number>> = { postgresql: 5432, pgbouncer: 6432 };
const LOCAL: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "::1"]);

/** Port of an engine where none is declared. */
export function defaultPort(engine: string): number {
  return PORTS[engine] ?? 5432;
}

/** One spelling of a host: names know no case, a dot may end them, and this machine has several; a folder is its socket. */
export function hostKey(host = "localhost"): string {
  const name = host.toLowerCase().replace(/\.$/, "");
  return name === "" || LOCAL.has(name) || name.startsWith("/") ? "localhost" : name;
}

/** Equal for what is declared to be on one server; by the secret that holds the address, where no document says it. */
export function serverKey(engine: string, { host, port, url }: Place): string {
  return JSON.stringify(host === undefined && url ? url : [hostKey(host), port ?? defaultPort(engine)]);
}

interface Place {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly url?: object;
}

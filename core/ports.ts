const PORTS: Readonly<Record<string, number>> = { postgresql: 5432, pgbouncer: 6432 };

/** Port of an engine where none is declared. */
export function defaultPort(engine: string): number {
  return PORTS[engine] ?? 5432;
}

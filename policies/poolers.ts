/** What can be told of poolers without the servers behind them. */
import { address } from "../core/address.ts";
import type { Finding, Guardrail, Judged } from "../core/guardrail.ts";
import { defaultPort, hostKey } from "../core/ports.ts";
import type { DataSource, PoolerSettings } from "../core/specs.ts";
import { objectsOf } from "./objects.ts";

/** Clients that a pooler takes which was told nothing. */
const CLIENTS = 100;

/** A port has one listener, and a configuration one pooler. */
export const portTaken: Guardrail = {
  code: "PORT_TAKEN",
  pack: "pooling",
  severity: "error",
  find: ({ source, declared }) => {
    if (source.engine !== "pgbouncer") return [];
    return objectsOf("DataSource", declared).flatMap(({ spec: other }): Finding[] => {
      const what = shared(source, other);
      if (what === undefined) return [];
      return [
        {
          address: address("DataSource", source.name),
          summary: `The pooler ${source.name} and ${other.name} have the same ${what}`,
          detail: "Give each its own.",
        },
      ];
    });
  },
};

function shared(a: DataSource, b: DataSource): string | undefined {
  const config = a.pgbouncer?.config;
  if (config !== undefined && config === b.pgbouncer?.config) return `configuration, ${config}`;
  const [one, other] = [placeOf(a), placeOf(b)];
  return one !== undefined && one === other ? `port, ${one}` : undefined;
}

function placeOf({ engine, connection }: DataSource): string | undefined {
  const { host, port = defaultPort(engine) } = connection;
  return host === undefined ? undefined : `${hostKey(host)}:${port}`;
}

/** Clients beyond what a pooler takes are refused when they come, however idle the pools are. */
export const clientsBeyondLimit: Guardrail = {
  code: "CLIENTS_BEYOND_LIMIT",
  pack: "pooling",
  severity: "error",
  find: (judged) => {
    const pools = objectsOf("ConnectionPool", judged.declared);
    const expected = pools.reduce((total, { spec }) => total + (spec.clients ?? 0), 0);
    const limit = limitOf(judged);
    const [first] = pools;
    if (!first || judged.source.engine !== "pgbouncer" || expected <= limit) return [];
    return [
      {
        address: first.address,
        summary: `${expected} clients are expected, and the pooler takes ${limit}`,
        detail: `Say \`maxClients: ${expected}\` or more in the PoolerSettings; its process needs as many open files and more (\`ulimit -n\`, LimitNOFILE of systemd).`,
      },
    ];
  },
};

function limitOf({ desired, live }: Judged): number {
  const [settings] = [...objectsOf("PoolerSettings", desired), ...objectsOf("PoolerSettings", live)];
  return (settings?.spec as PoolerSettings | undefined)?.maxClients ?? CLIENTS;
}

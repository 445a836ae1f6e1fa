import type { ConnectionStep, ConnectOptions, Engine } from "../../core/engine.ts";
import type { DataSource } from "../../core/specs.ts";
import { EMPTY } from "../../core/sql.ts";
import { asks } from "./asks.ts";
import { diagnose } from "./diagnose.ts";
import { foresee } from "./foresee.ts";
import { HANDLERS } from "./handlers.ts";
import { health } from "./health.ts";
import { poolTarget } from "./pool-target.ts";
import { connect } from "./session.ts";

const INTENTS = { ConnectionPool: poolTarget };

/** A PgBouncer: its configuration, its userlist and its console. */
export const pgbouncer: Engine = {
  name: "pgbouncer",
  schemes: ["pgbouncer"],
  capabilities: { plain: true, leadsOn: true, transactions: true, rowPolicies: false },
  handlers: HANDLERS as unknown as Engine["handlers"],
  intents: INTENTS as unknown as Engine["intents"],
  connect,
  diagnose: (source: DataSource, options: ConnectOptions): AsyncIterable<ConnectionStep> => diagnose(source, options),
  health,
  enter: () => EMPTY,
  asks,
  foresee,
  isProbe: ({ kind, spec }) => kind === "PoolUser" && (spec.from !== undefined || spec.password !== undefined),
  isBuiltIn: () => false,
};

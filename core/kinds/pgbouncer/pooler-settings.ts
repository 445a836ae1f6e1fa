import { address } from "../../address.ts";
import { SCALAR } from "../../fragments.ts";
import { defineKind, type Spec } from "../../kind.ts";
import { count, normaliseDurations, POOL_MODE, UNLOADED, USER_TIMEOUTS } from "../../pools/fields.ts";
import { lifted, rawFaults, SETTINGS } from "../../pools/keys.ts";
import { lineFaults, withQueryInLine } from "../../pools/lines.ts";
import { choice, list, map, object, type Schema, set, text, whole } from "../../schema.ts";
import { duration } from "../../source-fields.ts";
import type { PoolerSettings } from "../../specs.ts";

const KEPT = { absent: "keep" } as const;
const FILE = "Path as the pooler sees it.";

const tls = (description: string, modes: readonly string[]): Schema => ({
  ...object(description, {
    mode: choice("What is encrypted and checked.", modes, KEPT),
    ca: text(`Certificates that are trusted. ${FILE}`, KEPT),
    cert: text(`Certificate that is shown. ${FILE}`, KEPT),
    key: text(`Key of that certificate. ${FILE}`, KEPT),
    protocols: text("Versions of the protocol, such as `secure`.", KEPT),
    ciphers: text("Ciphers of TLS 1.2 and older, in OpenSSL's words.", KEPT),
  }),
  ...KEPT,
});
const MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

export const poolerSettings = defineKind<PoolerSettings>({
  name: "PoolerSettings",
  rank: 2,
  summary:
    "Settings of a PgBouncer as a whole: where it listens, how many clients it takes, what its pools are where they do not say otherwise. One for each data source.",
  comment: false,
  fixed: true,
  fields: {
    listen: {
      ...object("Where it listens; a change needs a restart.", {
        addresses: list("Addresses; `*` for all.", text("Address."), KEPT),
        port: whole("Port.", { minimum: 1, maximum: 65535, ...KEPT }),
        socketDirectory: text("Directory of its Unix socket.", KEPT),
        backlog: whole("Connections that may wait to be accepted.", { minimum: 1, ...KEPT }),
      }),
      ...KEPT,
    },
    maxClients: count("Clients that may be connected in all; 100 where it is not given."),
    pools: object("What pools are where they do not say otherwise.", {
      mode: { ...POOL_MODE, description: `${POOL_MODE.description} \`session\` where it is not given.` },
      size: count("Server connections of a pool, which is one for each database and user; 20 where it is not given."),
      min: count("Server connections that are kept open."),
      reserve: count("Further ones for clients that have waited for `reserveTimeout`."),
      reserveTimeout: duration("Wait after which the reserve is opened; 5 s where it is not given."),
      maxConnections: count("Server connections of one database, whoever its users are; 0 for no limit."),
      maxUserConnections: count("Server connections of one user, whatever the database; 0 for no limit."),
      maxClients: count("Clients of one database; 0 for no limit. PgBouncer 1.24."),
      maxUserClients: count("Clients of one user; 0 for no limit. PgBouncer 1.24."),
    }),
    timeouts: object("When it gives up; `0s` for never.", {
      ...USER_TIMEOUTS,
      queryWait: duration("A client that waits longer for a server connection is disconnected."),
      cancelWait: duration("A cancellation that waits longer is dropped. PgBouncer 1.19."),
      clientLogin: duration("A client that has not logged in by then is disconnected."),
      serverConnect: duration("A server that has not answered by then counts as unreachable."),
      serverRetry: duration("Wait after a failed login at the server before the next."),
      serverIdle: duration("A server connection that is idle for longer is closed."),
      serverLifetime: duration("A server connection that is older is replaced."),
      serverCheck: duration("A server connection that was idle for longer is tried before it is used."),
    }),
    clientTls: tls("Encryption between clients and the pooler.", MODES),
    serverTls: tls("Encryption between the pooler and its servers.", MODES),
    auth: {
      ...object("How clients prove who they are.", {
        type: choice("How.", ["scram-sha-256", "md5", "cert", "hba", "pam", "ldap", "plain", "trust", "any"], KEPT),
        file: text(`Userlist. ${FILE}`, KEPT),
        hba: text(`Rules for \`type: hba\`. ${FILE}`, KEPT),
        ident: text(`Map of names for \`cert\` and \`peer\`. ${FILE} PgBouncer 1.23.`, KEPT),
        user: text("Role that looks passwords up, where a pool names none.", KEPT),
        // Pools ask for it as well, and it goes when nobody does any more.
        query: text("Statement that looks a password up, where a pool has none of its own.", { absent: "made" }),
        database: text("Database in which it does. PgBouncer 1.19.", KEPT),
      }),
      ...KEPT,
    },
    admins: set("Users that may do everything on the console.", text("User."), KEPT),
    stats: set("Users that may look at the console.", text("User."), KEPT),
    ignoreStartupParameters: set(
      "Parameters of clients that are passed over rather than refused, such as `extra_float_digits`.",
      text("Parameter."),
    ),
    trackExtraParameters: set(
      "Further settings of the session that follow a client from server connection to server connection; a change needs a restart. PgBouncer 1.20.",
      text("Setting."),
    ),
    maxPreparedStatements: count(
      "Prepared statements that are kept for each server connection in pools by transaction or statement; 0 for none. PgBouncer 1.21.",
    ),
    settings: {
      ...map("Further settings by their own names, as `pgbouncer.ini` has them.", SCALAR),
      open: true,
    },
    unloaded: UNLOADED,
  },
  required: [],
  example: { maxClients: 1000, pools: { mode: "transaction", size: 50 } },
  address: () => address("PoolerSettings", "pgbouncer"),
  scope: () => ({}),
  check: (spec) => [...rawFaults(spec, SETTINGS), ...lineFaults(spec as unknown as Spec)],
  normalise: (written) => {
    const { pools, timeouts, auth, ...spec } = lifted(written, SETTINGS);
    return {
      ...spec,
      ...(auth && { auth: withQueryInLine(auth) }),
      ...(pools && {
        pools: {
          ...pools,
          ...normaliseDurations(pools.reserveTimeout ? { reserveTimeout: pools.reserveTimeout } : {}),
        },
      }),
      ...(timeouts && { timeouts: normaliseDurations(timeouts) }),
    };
  },
});

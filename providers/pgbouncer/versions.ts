/** Since when PgBouncer knows a key; what stands here in no list is in 1.18 already. https://www.pgbouncer.org/changelog.html */
export type Section = "pgbouncer" | "databases" | "users";

const SINCE: Readonly<Record<Section, Readonly<Record<string, string>>>> = {
  pgbouncer: {
    auth_dbname: "1.19",
    cancel_wait_timeout: "1.19",
    peer_id: "1.19",
    track_extra_parameters: "1.20",
    max_prepared_statements: "1.21",
    auth_ident_file: "1.23",
    max_db_client_connections: "1.24",
    max_user_client_connections: "1.24",
    auth_ldap_options: "1.25",
    client_tls13_ciphers: "1.25",
    query_wait_notify: "1.25",
    scram_iterations: "1.25",
    server_tls13_ciphers: "1.25",
    transaction_timeout: "1.25",
    login_notify_message: "1.26",
    pool_idle_timeout: "1.26",
  },
  databases: {
    auth_dbname: "1.19",
    auth_query: "1.22",
    server_lifetime: "1.23",
    load_balance_hosts: "1.24",
    max_db_client_connections: "1.24",
    query_wait_timeout: "1.26",
  },
  users: {
    pool_size: "1.23",
    client_idle_timeout: "1.24",
    idle_transaction_timeout: "1.24",
    max_user_client_connections: "1.24",
    query_timeout: "1.24",
    query_wait_timeout: "1.26",
    reserve_pool_size: "1.24",
    transaction_timeout: "1.25",
  },
};

/** Does a version, as a number, have the key? */
export function has(section: Section, key: string, versionNumber: number): boolean {
  const since = SINCE[section][key];
  return since === undefined || versionNumber >= numberOf(since);
}

/** Does it end where it knows a user in two ways? See memory.ts. */
export function endsOfTwins(versionNumber: number): boolean {
  return versionNumber < numberOf("1.23.1");
}

/** `1.24.1` → 12401. */
export function numberOf(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  return major * 10_000 + minor * 100 + patch;
}

/** What of the keys the version does not know, in words. */
export function unknownKeys(
  section: Section,
  keys: Iterable<string>,
  version: { readonly version: string; readonly versionNumber: number },
): string[] {
  return [...keys].flatMap((key) =>
    has(section, key, version.versionNumber)
      ? []
      : [`\`${key}\` needs PgBouncer ${SINCE[section][key]}; this is ${version.version}`],
  );
}

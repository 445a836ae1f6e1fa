import type { RenderedPooler } from "./model.ts";

/** A unit that starts it, reloads it without a client noticing, and stops it at once. */
export function systemdUnit({ name, openFiles }: RenderedPooler): string {
  return `# ${name}: made by Datumline. Beside it: \`datumline render pooler --for ini\` as /etc/pgbouncer/pgbouncer.ini
[Unit]
Description=PgBouncer (${name})
Documentation=man:pgbouncer(1) https://www.pgbouncer.org/
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
User=postgres
ExecStart=/usr/sbin/pgbouncer /etc/pgbouncer/pgbouncer.ini
ExecReload=/bin/kill -HUP $MAINPID
# Since 1.23 SIGTERM waits until every client has left.
KillSignal=SIGINT
Restart=on-failure
LimitNOFILE=${openFiles}
NoNewPrivileges=true
PrivateTmp=true
ProtectHome=true
ProtectSystem=full

[Install]
WantedBy=multi-user.target
`;
}

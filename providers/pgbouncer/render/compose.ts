import { iniFile } from "./ini.ts";
import type { RenderedPooler } from "./model.ts";
import { indented, plainName } from "./text.ts";

/** Text of YAML in which Compose puts no variable. */
function yaml(text: string): string {
  return JSON.stringify(text.replaceAll("$", "$$$$"));
}

/** A service of Docker Compose 2.23 and newer, with the configuration in it; the userlist lies beside it. */
export function composeFile(pooler: RenderedPooler): string {
  const { port, openFiles, files } = pooler;
  const name = plainName(pooler.name);
  return `# ${pooler.name}: made by Datumline. Beside it, readable by the container's user postgres and by nobody else:
#   ${files.map((file) => file.name).join(", ")}
# The userlist has the lines that the configuration names.
services:
  ${name}:
    build:
      dockerfile_inline: |
        FROM debian:trixie-slim
        RUN apt-get update && apt-get install -y --no-install-recommends pgbouncer && rm -rf /var/lib/apt/lists/*
        USER postgres
    command: ["pgbouncer", "/etc/pgbouncer/pgbouncer.ini"]
    # Since 1.23 SIGTERM waits until every client has left.
    stop_signal: SIGINT
    restart: unless-stopped
    ports: ["${port}:${port}"]
    ulimits: { nofile: ${openFiles} }
    configs:
      - { source: ${name}-ini, target: /etc/pgbouncer/pgbouncer.ini }
    volumes:
${files.map(({ name: source, path }) => `      - { type: bind, source: ${yaml(`./${source}`)}, target: ${yaml(path)}, read_only: true }\n`).join("")}    healthcheck:
      test: ["CMD", "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${port}"]
      interval: 10s
configs:
  ${name}-ini:
    content: |
${indented(iniFile(pooler).replaceAll("$", "$$$$"), 6)}`;
}

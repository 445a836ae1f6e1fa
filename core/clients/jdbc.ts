/**
 * Properties of Spring Boot, whose pool is HikariCP. The URL is that of any program that uses JDBC.
 * https://jdbc.postgresql.org/documentation/use/ https://github.com/brettwooldridge/HikariCP
 */
import { shellWord } from "../shell.ts";
import { readHosts } from "./keywords.ts";
import type { Client, ClientPool, ClientSettings, ClientTls, Endpoint, Supply } from "./model.ts";
import { query, uri, uriHost } from "./quote.ts";

const SPRING = "spring.datasource";
/** HikariCP takes a shorter life for none at all. */
const SHORTEST_LIFE = 30;

export const jdbc: Client = {
  title: "JDBC, with Spring Boot",
  engines: ["postgresql"],
  file: () => "application.properties",
  comment: "#",
  replicas: true,
  refuse({ host, user }) {
    if (host.startsWith("/")) return "The driver knows no Unix sockets: declare a host name.";
    return user.includes("${") ? "Spring takes `${` in the name of the user for a variable." : undefined;
  },
  write(settings) {
    const { user, password, replicas, pool, pooled, tls } = settings;
    const reading = replicas.length > 0 && { "read.url": urlOf(settings, readHosts(settings), READING) };
    const properties = {
      url: urlOf(settings, [settings]),
      username: user,
      ...(password !== undefined && { password: `\${${password}}` }),
      ...(pooled ? { type: "org.springframework.jdbc.datasource.SimpleDriverDataSource" } : hikari(pool)),
      ...reading,
    };
    const lines = Object.entries(properties).map(([name, value]) => `${SPRING}.${name}=${escaped(`${value}`)}\n`);
    const key = tls.key === undefined ? undefined : derKey(tls.key);
    return {
      text: lines.join(""),
      ...(key && { files: [key] }),
      notes: [
        ...(pooled
          ? [
              "PgBouncer must pass over a parameter that the driver sends: `ignore_startup_parameters = extra_float_digits`.",
            ]
          : []),
        ...(reading ? [`${SPRING}.read.url is for a DataSource of your own, with the same user.`] : []),
      ],
    };
  },
};

const READING = { targetServerType: "preferSecondary", loadBalanceHosts: "true" };

function urlOf(settings: ClientSettings, at: readonly Endpoint[], more: Readonly<Record<string, string>> = {}): string {
  const { database, applicationName, connectTimeout, tls, pooled } = settings;
  const parameters = query({
    ApplicationName: applicationName,
    connectTimeout,
    ...tlsOf(tls),
    ...(pooled && { prepareThreshold: 0 }),
    ...more,
  });
  const hosts = at.map(({ host, port }) => `${uriHost(host)}:${port}`).join(",");
  return `jdbc:postgresql://${hosts}/${uri(database)}?${parameters}`;
}

function tlsOf({ mode, ca, cert, key }: ClientTls): Readonly<Record<string, string>> {
  return {
    sslmode: mode,
    ...(ca !== undefined && { sslrootcert: ca }),
    ...(ca === undefined && mode === "verify-full" && { sslfactory: "org.postgresql.ssl.DefaultJavaSSLFactory" }),
    ...(cert !== undefined && { sslcert: cert }),
    ...(key !== undefined && { sslkey: derKey(key).name }),
  };
}

/** The driver reads no key in PEM. */
function derKey(key: string): Supply {
  const name = `${key.replace(/\.(pem|key)$/, "")}.pk8`;
  const command = `(umask 077; openssl pkcs8 -topk8 -nocrypt -outform DER -in ${shellWord(key)} -out ${shellWord(name)})`;
  return { name, holds: "the key as the driver reads it", command };
}

function hikari({ size, overflow, timeout, recycle }: ClientPool): Readonly<Record<string, number>> {
  return {
    "hikari.minimum-idle": size,
    "hikari.maximum-pool-size": size + overflow,
    "hikari.connection-timeout": timeout * 1000,
    "hikari.max-lifetime": Math.max(recycle, SHORTEST_LIFE) * 1000,
  };
}

/** https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/Properties.html#load(java.io.Reader) */
function escaped(value: string): string {
  return value
    .replace(/\\/g, "\\\\")
    .replace(/^ /, "\\ ")
    .replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

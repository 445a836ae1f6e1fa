/** How a declared data source is reached: as its document says, or by what stands in the configuration alone. */
import { error } from "../core/diagnostic.ts";
import { type Reached, reach, reachedBy } from "../core/doors/reach.ts";
import type { Ready } from "../core/doors/ready.ts";
import { openNames } from "../core/doors/sessions.ts";
import { Refusal } from "../core/errors.ts";
import { Secrets } from "../core/secret.ts";
import type { DataSource } from "../core/specs.ts";
import type { SecretReference } from "../core/sql.ts";
import { ENGINES } from "../providers/index.ts";
import { STORES } from "../providers/secrets/index.ts";
import type { Settings } from "./settings.ts";

/** Stands for the password of the configuration; known by identity, whatever it says. */
const PASSWORD: SecretReference = { exec: ["the password of the configuration"] };

/** The secrets of one resource, with the password that is written nowhere. */
export class ResourceSecrets extends Secrets {
  readonly #password: string | undefined;

  constructor({ password, url }: Partial<Pick<Settings, "password" | "url">> = {}) {
    super({ env: process.env, cwd: process.cwd(), stores: STORES });
    this.#password = password;
    // The driver takes it by itself where nothing else is given.
    for (const value of [password, process.env.PGPASSWORD]) if (value) this.hide(value);
    if (url && !/^env:/.test(url)) this.hide(url);
  }

  override async resolve(reference: SecretReference): Promise<string> {
    return reference === PASSWORD && this.#password !== undefined ? this.#password : super.resolve(reference);
  }
}

/** The data source with the connection of the configuration, where that has one. */
export async function reachable(
  ready: Ready,
  { url, password }: Partial<Pick<Settings, "url" | "password">>,
  secrets: Secrets,
): Promise<Ready> {
  openNames(
    secrets,
    [...ready.declared.values()].map(({ spec }) => spec),
  );
  const given = url === undefined ? undefined : await reached(url, secrets, "url");
  if (given && given.engine !== ready.source.engine) {
    const summary = `${ready.source.name} is declared for ${ready.source.engine}, and \`url\` is one of ${given.engine}`;
    throw new Refusal([error("UNKNOWN_ENGINE", summary)]);
  }
  const source = given ? reachedBy(ready.source, given) : ready.source;
  if (password !== undefined) return { ...ready, source: await withPassword(source, given, secrets), url: undefined };
  return { ...ready, source, url: given?.url };
}

/** The fields of a connection one by one, since a URL has its password inside; how it gets there stays as declared. */
async function withPassword(source: DataSource, given: Reached | undefined, secrets: Secrets): Promise<DataSource> {
  const { connection } = given ? reachedBy(source, given) : source;
  const { url } = connection;
  const named = url && !given ? (await reached(await secrets.resolve(url), secrets, "connection.url")).connection : {};
  const tls = { ...connection.tls, ...named.tls };
  return {
    ...source,
    connection: withPasswordBeside({ ...connection, ...named, ...(Object.keys(tls).length > 0 && { tls }) }),
  };
}

/** What a URL of the configuration names. */
export function reached(url: string, secrets: Secrets, called: string): Promise<Reached> {
  return reach(url, { engines: ENGINES, secrets, called });
}

/** A connection with a password beside it, in place of any other login. */
export function withPasswordBeside({ url: _, iam: __, ...fields }: DataSource["connection"]): DataSource["connection"] {
  return { ...fields, password: PASSWORD };
}

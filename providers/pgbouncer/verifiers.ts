/** What proves users, from where it is: verifiers of roles from the data sources, passwords from their secrets. */
import type { Catalog } from "../../core/catalog.ts";
import { error } from "../../core/diagnostic.ts";
import type { ConnectOptions } from "../../core/engine.ts";
import { Refusal } from "../../core/errors.ts";
import type { PoolUser } from "../../core/specs.ts";
import { type Client, endpoint, open } from "../postgresql/client.ts";
import { verifies } from "../postgresql/scram.ts";

type Matched = ReadonlyMap<string, Pick<PoolUser, "from" | "password" | "keep">>;

/** Connections to data sources, each made when it is first asked. */
export class Verifiers {
  readonly #options: ConnectOptions;
  readonly #clients = new Map<string, Promise<Client>>();

  constructor(options: ConnectOptions) {
    this.#options = options;
  }

  get connections(): number {
    return this.#clients.size;
  }

  /** Password verifiers of roles, by role; one without a password is left out. */
  async of(source: string, roles: readonly string[]): Promise<Map<string, string>> {
    const client = await this.#client(source);
    try {
      const rows = await client.ask("SELECT rolname, rolpassword FROM pg_catalog.pg_authid WHERE rolname = ANY ($1)", [
        roles,
      ]);
      return new Map(rows.flatMap(([name, secret]) => (name && secret ? [[name, secret] as const] : [])));
    } catch (problem) {
      if ((problem as { code?: string }).code !== "42501") throw problem;
      const detail =
        "To copy verifiers into a userlist takes a superuser of the server. Let the pooler look them up instead: `auth: { by: query, … }`.";
      throw new Refusal([
        error("MISSING_PRIVILEGE", `The role that connects to ${source} may not read pg_authid`, { detail }),
      ]);
    }
  }

  /** Which declared users the userlist knows by the right secret. */
  async matched(probes: Catalog, held: ReadonlyMap<string, string>): Promise<Matched> {
    const users = [...probes.values()].flatMap(({ kind, spec }) =>
      kind === "PoolUser" ? [spec as unknown as PoolUser] : [],
    );
    const found = new Map<string, Pick<PoolUser, "from" | "password" | "keep">>();
    for (const [source, of] of groups(users)) {
      const lent = await this.of(
        source,
        of.map(({ name }) => name),
      );
      for (const { name } of of)
        if (lent.has(name) && lent.get(name) === held.get(name)) found.set(name, { from: source });
    }
    for (const { name, password, keep } of users) {
      if (!password) continue;
      const secret = held.get(name);
      const value = await this.#options.secret(password);
      const isRight = keep === "clear" ? secret === value : verifies(secret ?? null, value);
      if (isRight) found.set(name, { password, ...(keep && { keep }) });
    }
    return found;
  }

  async end(): Promise<void> {
    await Promise.all([...this.#clients.values()].map(async (client) => (await client).end().catch(() => undefined)));
  }

  #client(name: string): Promise<Client> {
    const known = this.#clients.get(name);
    if (known) return known;
    const { url: _, ...options } = this.#options;
    const source = options.others?.get(name);
    if (!source) {
      const detail = "Declare it beside the pooler.";
      throw new Refusal([error("UNKNOWN_DATA_SOURCE", `There is no data source ${name}`, { detail })]);
    }
    const opening = endpoint(source, options).then(open);
    this.#clients.set(name, opening);
    // Whoever asked first tells of a failure; the next may try again.
    opening.catch(() => this.#clients.delete(name));
    return opening;
  }
}

function groups(users: readonly PoolUser[]): Map<string, PoolUser[]> {
  const found = new Map<string, PoolUser[]>();
  for (const user of users) if (user.from !== undefined) found.set(user.from, [...(found.get(user.from) ?? []), user]);
  return found;
}

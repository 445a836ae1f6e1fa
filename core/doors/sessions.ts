/** Connections to all declared data sources at once, closed whatever happens. */
import { kindOfObject } from "../change.ts";
import type { Diagnostic, Origin } from "../diagnostic.ts";
import type { ConnectOptions, Engine, Session, Target } from "../engine.ts";
import { Refusal } from "../errors.ts";
import type { Kind, Spec } from "../kind.ts";
import { KINDS } from "../kinds/index.ts";
import { type Secrets, secretsIn } from "../secret.ts";
import type { DataSource } from "../specs.ts";
import type { SecretReference } from "../sql.ts";
import type { Ready } from "./ready.ts";

/** What is needed to connect. */
export interface Reachable {
  readonly source: DataSource;
  readonly origin?: Origin | undefined;
  readonly engine: Engine;
  readonly url: string | undefined;
  /** Data sources that it may lead to, by name. */
  readonly others?: ReadonlyMap<string, DataSource>;
}

export interface Opened<R extends Reachable = Ready> {
  readonly ready: R;
  readonly session: Session;
}

/** Connects to all, side by side; what is wrong with any connection is told at once. */
export async function withSessions<R extends Reachable, T>(
  secrets: Secrets,
  ready: readonly R[],
  readOnly: boolean,
  work: (opened: readonly Opened<R>[]) => Promise<T>,
): Promise<T> {
  const results = await Promise.allSettled(ready.map((each) => connect(secrets, each, readOnly)));
  const opened = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  try {
    refuseFailed(results);
    for (const one of opened) openPlace(secrets, one.ready.source, one.session.target);
    return await work(opened);
  } finally {
    await Promise.all(opened.map(({ session }) => session.close()));
  }
}

/** Connects to one. Who calls it closes it. */
export async function open<R extends Reachable>(secrets: Secrets, ready: R, readOnly: boolean): Promise<Opened<R>> {
  const opened = await connect(secrets, ready, readOnly);
  openPlace(secrets, opened.ready.source, opened.session.target);
  return opened;
}

async function connect<R extends Reachable>(secrets: Secrets, ready: R, readOnly: boolean): Promise<Opened<R>> {
  return { ready, session: await ready.engine.connect(ready.source, connectOptions(secrets, ready, readOnly)) };
}

/** What an engine is told to connect. */
export function connectOptions(
  secrets: Secrets,
  { url, others }: Omit<Reachable, "engine">,
  readOnly: boolean,
): ConnectOptions {
  return {
    secret: (reference) => secrets.resolve(reference),
    readOnly,
    ...(others && { others }),
    ...(url !== undefined && { url }),
  };
}

/** Where a plan is for, which it says openly. */
export function openPlace(
  secrets: Secrets,
  source: DataSource,
  target: Partial<Pick<Target, "user" | "database" | "engine">> = {},
): void {
  const { host, user, database } = source.connection;
  for (const name of [source.name, host, user, database, target.user, target.database, target.engine])
    if (name !== undefined) secrets.open(name);
}

/** Names that stand openly in the declaration cannot be hidden, whatever a secret happens to be. */
export function openNames(secrets: Secrets, specs: Iterable<Spec>): void {
  for (const { schema, name } of specs) {
    for (const each of [schema, name]) if (typeof each === "string") secrets.open(each);
  }
}

function refuseFailed(results: readonly PromiseSettledResult<unknown>[]): void {
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  const other = failures.find((problem) => !(problem instanceof Refusal));
  if (other !== undefined) throw other;
  const refusals = failures as readonly Refusal[];
  if (refusals.length > 0)
    throw new Refusal(
      refusals.flatMap(({ diagnostics }) => diagnostics),
      1,
    );
}

/** Resolves every secret that the run will need before anything is connected to. */
export async function resolveSecrets(
  secrets: Secrets,
  ready: readonly Pick<Ready, "source" | "origin" | "url" | "declared">[],
  which: "connection" | "proofs" | "all" = "all",
): Promise<void> {
  const references: SecretReference[] = [];
  const take = (kind: Kind, spec: Spec, origin: Origin | undefined): void => {
    for (const reference of secretsIn(kind, spec)) {
      secrets.place(reference, origin);
      // Keys of backups and ways to their places are fetched by who backs up or restores; a plan needs none of them.
      if (!kind.keeps) references.push(reference);
    }
  };
  for (const { source, origin, url, declared } of ready) {
    if (url === undefined) take(KINDS.get("DataSource") as Kind, source as unknown as Spec, origin);
    if (which === "connection") continue;
    for (const object of declared.values()) {
      const kind = kindOfObject(object);
      // Those of other data sources are resolved by who connects to them, if anybody does.
      if (kind.name === "DataSource") continue;
      // The logins of proofs are needed by who proves, and nothing else is.
      if (kind.proves === (which === "proofs")) take(kind, object.spec, object.origin);
    }
  }
  const diagnostics: readonly Diagnostic[] = await secrets.resolveAll(references);
  if (diagnostics.length > 0) throw new Refusal(diagnostics, 1);
}

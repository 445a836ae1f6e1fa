/** Connections to all declared data sources at once, closed whatever happens. */
import { kindOfObject } from "../core/change.ts";
import type { Diagnostic, Origin } from "../core/diagnostic.ts";
import type { Engine, Session } from "../core/engine.ts";
import { Refusal } from "../core/errors.ts";
import type { Kind, Spec } from "../core/kind.ts";
import { KINDS } from "../core/kinds/index.ts";
import type { Plan } from "../core/plan.ts";
import { type Declaration, plan } from "../core/reconcile.ts";
import { secretsIn } from "../core/secret.ts";
import type { DataSource } from "../core/specs.ts";
import type { SecretReference } from "../core/sql.ts";
import { GUARDRAILS } from "../policies/index.ts";
import type { Context } from "./context.ts";
import type { Ready } from "./declaration.ts";

/** What is needed to connect. */
export interface Reachable {
  readonly source: DataSource;
  readonly origin?: Origin | undefined;
  readonly engine: Engine;
  readonly url: string | undefined;
}

export interface Opened<R extends Reachable = Ready> {
  readonly ready: R;
  readonly session: Session;
}

/** Connects to all, side by side; what is wrong with any connection is told at once. */
export async function withSessions<R extends Reachable, T>(
  context: Context,
  ready: readonly R[],
  readOnly: boolean,
  work: (opened: readonly Opened<R>[]) => Promise<T>,
): Promise<T> {
  const results = await Promise.allSettled(ready.map((each) => connect(context, each, readOnly)));
  const opened = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  try {
    refuseFailed(results);
    for (const one of opened) openNames(context, one);
    return await work(opened);
  } finally {
    await Promise.all(opened.map(({ session }) => session.close()));
  }
}

/** Where a plan is for, which it says openly. */
function openNames<R extends Reachable>(
  { secrets }: Context,
  { session: { target }, ready: { source } }: Opened<R>,
): void {
  const { host, user, database } = source.connection;
  for (const name of [source.name, host, user, database, target.user, target.database, target.engine])
    if (name !== undefined) secrets.open(name);
}

async function connect<R extends Reachable>({ secrets }: Context, ready: R, readOnly: boolean): Promise<Opened<R>> {
  const { engine, source, url } = ready;
  const session = await engine.connect(source, {
    secret: (reference) => secrets.resolve(reference),
    readOnly,
    ...(url !== undefined && { url }),
  });
  return { ready, session };
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
  context: Context,
  ready: readonly Ready[],
  which: "connection" | "all" = "all",
): Promise<void> {
  const { secrets } = context;
  const references: SecretReference[] = [];
  const take = (kind: Kind, spec: Spec, origin: Origin | undefined): void => {
    for (const reference of secretsIn(kind, spec)) {
      secrets.place(reference, origin);
      references.push(reference);
    }
  };
  for (const { source, origin, url, declared } of ready) {
    if (url === undefined) take(KINDS.get("DataSource") as Kind, source as unknown as Spec, origin);
    if (which === "connection") continue;
    for (const object of declared.values()) take(kindOfObject(object), object.spec, object.origin);
  }
  const diagnostics: readonly Diagnostic[] = await secrets.resolveAll(references);
  if (diagnostics.length > 0) throw new Refusal(diagnostics, 1);
}

export function declarationOf({ options }: Context, { source, declared }: Ready): Declaration {
  return { source, declared, diagnostics: [], ...(options.mode && { mode: options.mode }) };
}

/** The plan of every data source, in the order in which they are declared. */
export async function planAll(context: Context, opened: readonly Opened[]): Promise<Plan[]> {
  return Promise.all(
    opened.map(({ ready, session }) => plan(session, ready.engine, declarationOf(context, ready), GUARDRAILS)),
  );
}

/**
 * A look at a live system. Terraform reads an object and then plans it, so what `read` saw is kept for a moment with its
 * session: `plan` needs no second connection.
 */
import type { Address } from "../core/address.ts";
import type { Catalog, DataObject } from "../core/catalog.ts";
import { kindOfObject } from "../core/change.ts";
import type { Ready } from "../core/doors/ready.ts";
import { open, resolveSecrets } from "../core/doors/sessions.ts";
import type { Engine, Inspection, Session } from "../core/engine.ts";
import { Refusal } from "../core/errors.ts";
import { hash } from "../core/hash.ts";
import type { LedgerEntry } from "../core/ledger.ts";
import { catalogHash } from "../core/planner.ts";
import { probes } from "../core/reconcile.ts";
import type { Secrets } from "../core/secret.ts";
import type { Values } from "./plugin/provider.ts";

export interface Live {
  readonly ready: Ready;
  readonly secrets: Secrets;
  readonly session: Session;
  readonly inspection: Inspection;
  readonly ledger: ReadonlyMap<Address, LedgerEntry> | undefined;
  /** What of the declaration was looked at besides the catalogs. */
  readonly probes: Catalog;
}

/** Connects and inspects. Who calls it closes the session, or keeps it. */
export async function look(ready: Ready, secrets: Secrets): Promise<Live> {
  await resolveSecrets(secrets, [ready]);
  const { session } = await open(secrets, ready, true);
  return inspected(session, ready, secrets);
}

/** For the state alone, whose secrets need not be at hand any more: those of the connection will do. */
export async function lookAtState(ready: Ready, secrets: Secrets): Promise<Live> {
  const complete = await resolveSecrets(secrets, [ready]).then(
    () => true,
    (problem: unknown) => {
      if (problem instanceof Refusal) return false;
      throw problem;
    },
  );
  if (!complete) await resolveSecrets(secrets, [ready], "connection");
  const { session } = await open(secrets, ready, true);
  return inspected(session, complete ? ready : { ...ready, declared: new Map() }, secrets);
}

/** The same session, inspected for a declaration that may have changed since; as it was where that asks no more. */
export async function lookAgain(live: Live, ready: Ready): Promise<Live> {
  const wanted = probes(ready.declared, ready.engine);
  if (sameProbes(wanted, live.probes)) return { ...live, ready };
  try {
    await resolveSecrets(live.secrets, [ready]);
  } catch (problem) {
    await live.session.close();
    throw problem;
  }
  return inspected(live.session, ready, live.secrets, wanted);
}

export async function inspected(
  session: Session,
  ready: Ready,
  secrets: Secrets,
  wanted: Catalog = probes(ready.declared, ready.engine),
): Promise<Live> {
  try {
    const [inspection, ledger] = await Promise.all([session.inspect(wanted), session.ledger?.entries("all")]);
    return { ready, secrets, session, inspection, ledger, probes: wanted };
  } catch (problem) {
    await session.close();
    throw problem;
  }
}

function sameProbes(a: Catalog, b: Catalog): boolean {
  const text = (catalog: Catalog): string => JSON.stringify([...catalog].map(([address, { spec }]) => [address, spec]));
  return text(a) === text(b);
}

/** Hash of what is there, whatever was looked at besides the catalogs. */
export function fingerprintOf({ catalog }: Pick<Inspection, "catalog">, engine: Engine): string {
  const shown = [...catalog].flatMap(([address, object]): [Address, DataObject][] => {
    const bare = unprobed(object, engine);
    return bare ? [[address, bare]] : [];
  });
  return catalogHash(new Map(shown));
}

/** The object without what only a look of its own shows; nothing where that is all there is of it. */
function unprobed(object: DataObject, engine: Engine): DataObject | undefined {
  if (!engine.isProbe(object)) return object;
  const { properties } = kindOfObject(object).schema;
  const spec = Object.fromEntries(
    Object.entries(object.spec).filter(([field]) => properties[field]?.absent !== "keep"),
  );
  const bare = { ...object, spec };
  return engine.isProbe(bare) ? undefined : bare;
}

/** Long enough for Terraform to come from reading to planning, short enough for nobody to wait for a connection. */
const KEPT = 3000;

const looks = new Map<string, { readonly live: Live; readonly timer: NodeJS.Timeout }>();

/** Under which what was read of a state is kept for its plan. */
export function lookKey({ spec, values }: Values): string {
  return hash(JSON.stringify([spec, values]));
}

/** Keeps a look for whoever plans with it next. */
export function keep(key: string, live: Live): void {
  void taken(key)?.session.close();
  const timer = setTimeout(() => void taken(key)?.session.close(), KEPT);
  timer.unref();
  looks.set(key, { live, timer });
}

/** The look that was kept, once. */
export function taken(key: string): Live | undefined {
  const found = looks.get(key);
  if (!found) return undefined;
  clearTimeout(found.timer);
  looks.delete(key);
  return found.live;
}

import type { Address } from "./address.ts";
import type { Catalog, DataObject } from "./catalog.ts";
import type { Kind, Spec } from "./kind.ts";
import { KINDS } from "./kinds/index.ts";
import { isSettled, type LedgerEntry, spelledAs } from "./ledger.ts";
import { rewrittenTexts, withTexts } from "./objects.ts";

/**
 * Both sides speak with the server's mouth. A declared text is what is there when it is the same to the letter, or when
 * the ledger holds the server's spelling of it; only for the rest is the server asked, and then once.
 */
export function unsettled(
  desired: Catalog,
  live: Catalog,
  ledger: ReadonlyMap<Address, LedgerEntry>,
): Map<Address, DataObject> {
  const questions = new Map<Address, DataObject>();
  for (const [address, object] of desired) {
    const there = live.get(address);
    const kind = KINDS.get(object.kind) as Kind;
    if (!there || isSettled(ledger.get(address), object.spec, there.spec)) continue;
    if (differs(kind, object.spec, there.spec, ledger.get(address))) questions.set(address, object);
  }
  return questions;
}

function differs(kind: Kind, declared: Spec, there: Spec, entry: LedgerEntry | undefined): boolean {
  const texts = rewrittenTexts(kind, declared);
  if (texts.size === 0) return false;
  const spelled = rewrittenTexts(kind, there);
  const applied = entry && rewrittenTexts(kind, entry.applied);
  for (const [path, text] of texts) {
    const found = spelled.get(path);
    if (found === undefined || found === text) continue;
    if (!(spelledAs(entry, path, text) && applied?.get(path) === found)) return true;
  }
  return false;
}

/** The declared spec in the server's spelling, as far as it is known. */
export function settle(
  kind: Kind,
  declared: Spec,
  there: Spec,
  entry: LedgerEntry | undefined,
  spelled: Spec | undefined,
): Spec {
  const live = rewrittenTexts(kind, there);
  if (live.size === 0) return declared;
  const applied = entry && rewrittenTexts(kind, entry.applied);
  const answers = spelled && rewrittenTexts(kind, spelled);
  return withTexts(kind, declared, (path, text) => {
    if (live.get(path) === text) return undefined;
    return answers?.get(path) ?? (spelledAs(entry, path, text) ? applied?.get(path) : undefined);
  });
}

/** What the engine computed of the declared texts, such as the columns that a query returns. */
export function computedFields(kind: Kind, spelled: Spec | undefined): Spec {
  if (!spelled) return {};
  return Object.fromEntries(Object.entries(spelled).filter(([name]) => kind.schema.properties[name]?.computed));
}

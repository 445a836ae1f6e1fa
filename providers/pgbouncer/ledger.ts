/** The ledger as a file beside the configuration; written once the running pooler has proved the change. */
import { readFileSync } from "node:fs";
import type { Address } from "../../core/address.ts";
import { writeAtomically } from "../../core/atomic-file.ts";
import { error } from "../../core/diagnostic.ts";
import { Refusal } from "../../core/errors.ts";
import type { Ledger, LedgerEntry, NewEntry } from "../../core/ledger.ts";

const VERSION = 1;

type Kept = NewEntry & { readonly source: string };
type Content = { readonly version: number; readonly entries: readonly Kept[] };

export class PoolerLedger implements Ledger {
  readonly #path: string;
  readonly #source: string;
  #pending: Content | undefined;

  constructor(path: string, source: string) {
    this.#path = path;
    this.#source = source;
  }

  async entries(of: readonly Address[] | "all"): Promise<ReadonlyMap<Address, LedgerEntry>> {
    const wanted = this.#content().entries.filter(({ address }) => of === "all" || of.includes(address));
    return new Map(
      wanted.map(({ source, ...entry }) => [
        entry.address,
        // What others made is not ours to drop.
        source === this.#source ? entry : { ...entry, made: [], by: source },
      ]),
    );
  }

  async write(entries: readonly NewEntry[], gone: readonly Address[]): Promise<void> {
    const left = new Map(this.#content().entries.map((entry) => [entry.address, entry]));
    for (const address of gone) left.delete(address);
    for (const entry of entries) left.set(entry.address, { ...entry, source: this.#source });
    this.#pending = { version: VERSION, entries: [...left.values()] };
  }

  async prepare(): Promise<void> {
    this.#content();
  }

  /** Keeps what was written. */
  keep(): void {
    if (this.#pending) writeAtomically(this.#path, `${JSON.stringify(this.#pending, null, 1)}\n`);
    this.#pending = undefined;
  }

  forget(): void {
    this.#pending = undefined;
  }

  #content(): Content {
    if (this.#pending) return this.#pending;
    let text: string;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (problem) {
      if ((problem as NodeJS.ErrnoException).code === "ENOENT") return { version: VERSION, entries: [] };
      throw problem;
    }
    const content = JSON.parse(text) as Content;
    if (content.version <= VERSION) return content;
    const detail = "Run the newer version of Datumline that wrote it.";
    throw new Refusal([
      error("LEDGER_VERSION", `The ledger has version ${content.version}; this Datumline knows ${VERSION}`, { detail }),
    ]);
  }
}

/** The ledger as a file beside the files that it speaks of. What is to run after a change is remembered until it has. */
import { readFileSync } from "node:fs";
import type { Address } from "./address.ts";
import { writeAtomically } from "./atomic-file.ts";
import { error } from "./diagnostic.ts";
import { Refusal } from "./errors.ts";
import type { Ledger, LedgerEntry, NewEntry } from "./ledger.ts";

const VERSION = 1;

type Kept = NewEntry & { readonly source: string };

interface Content {
  readonly version: number;
  readonly entries: readonly Kept[];
  /** What is to run after the last change has not run, or not to its end. */
  readonly unfinished?: true;
}

/** The ledger of an engine that holds files. */
export class FileLedger implements Ledger {
  readonly #path: string;
  readonly #source: string;
  #pending: Content | undefined;

  constructor(path: string, source: string) {
    this.#path = path;
    this.#source = source;
  }

  async entries(of: readonly Address[] | "all"): Promise<ReadonlyMap<Address, LedgerEntry>> {
    const { entries } = this.content();
    const wanted = of === "all" ? entries : entries.filter(({ address }) => of.includes(address));
    return new Map(
      wanted.map(({ source, ...entry }) => [
        entry.address,
        { ...entry, ...(source !== this.#source && { by: source }) },
      ]),
    );
  }

  async write(entries: readonly NewEntry[], gone: readonly Address[]): Promise<void> {
    const { entries: known } = this.content();
    const left = new Map(known.map((entry) => [entry.address, entry]));
    for (const address of gone) left.delete(address);
    for (const entry of entries) left.set(entry.address, { ...entry, source: this.#source });
    this.#pending = { version: VERSION, entries: [...left.values()] };
  }

  async prepare(): Promise<void> {
    this.content();
  }

  /** What is known, what is about to be kept included. */
  content(): Content {
    if (this.#pending) return this.#pending;
    let text: string;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (problem) {
      if ((problem as NodeJS.ErrnoException).code === "ENOENT") return { version: VERSION, entries: [] };
      throw problem;
    }
    const content = JSON.parse(text) as Content;
    if (content.version === VERSION) return content;
    const detail = "Use that version, or a later one.";
    throw new Refusal([
      error("LEDGER_VERSION", `${this.#path} was written by a newer version of Datumline`, { detail }),
    ]);
  }

  /** Writes what is pending, as unfinished or done. */
  keep(unfinished: boolean): void {
    const { version, entries } = this.content();
    const content: Content = { version, entries, ...(unfinished && { unfinished }) };
    writeAtomically(this.#path, `${JSON.stringify(content, null, 1)}\n`);
    this.#pending = undefined;
  }

  forget(): void {
    this.#pending = undefined;
  }
}

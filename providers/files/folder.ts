/** A folder as it is, and as it will be once what is under way is kept. */
import { lstatSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { syncFolder, writeAtomically } from "../../core/atomic-file.ts";
import { MARK } from "../../core/no-documents.ts";
import type { File } from "../../core/specs.ts";
import type { Order } from "./file.ts";

/** The key that Terraform and others take for a comment. */
const JSON_MARK = `  "//": "${MARK}",`;

export class Folder {
  readonly #root: string;
  readonly #pending = new Map<string, Order>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Fields of a file; undefined where there is none. `ours` are those that the ledger knows. */
  read(path: string, ours: ReadonlySet<string>): File | undefined {
    const order = this.#pending.get(path);
    if (order) return order.does === "remove" ? undefined : fieldsOf(order);
    const at = join(this.#root, path);
    const found = lstatSync(at, { throwIfNoEntry: false });
    if (!found) return undefined;
    const installed = ours.has(path);
    const known = { path, ...(!installed && { installed }) };
    if (found.isSymbolicLink()) return { ...known, link: readlinkSync(at) };
    const mode = (found.mode & 0o7777).toString(8).padStart(4, "0");
    return { ...known, ...withoutMark(readFileSync(at, "utf8")), ...(mode !== "0644" && { mode }) };
  }

  /** Milliseconds since 1970 at which files were last written. */
  writtenAt(paths: readonly string[]): Record<string, number> {
    return Object.fromEntries(
      paths.flatMap((path) => {
        const found = lstatSync(join(this.#root, path), { throwIfNoEntry: false });
        return found ? [[path, found.mtimeMs]] : [];
      }),
    );
  }

  take(order: Order): void {
    this.#pending.set(order.path, order);
  }

  forget(): void {
    this.#pending.clear();
  }

  /** Does what is pending; each file is there whole or as it was. */
  keep(): void {
    for (const order of this.#pending.values()) {
      const at = join(this.#root, order.path);
      if (order.does === "write") {
        const { content, mode, marker } = order;
        if (lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) unlinkSync(at);
        writeAtomically(at, withMark(content, marker), { mode });
      } else if (order.does === "link") {
        mkdirSync(dirname(at), { recursive: true });
        rmSync(at, { force: true });
        symlinkSync(order.to, at);
        syncFolder(dirname(at));
      } else rmSync(at, { force: true });
    }
    this.#pending.clear();
  }
}

function fieldsOf(order: Exclude<Order, { does: "remove" }>): File {
  const { path } = order;
  if (order.does === "link") return { path, link: order.to };
  const mode = order.mode.toString(8).padStart(4, "0");
  return {
    path,
    content: order.content,
    ...(mode !== "0644" && { mode }),
    ...(order.marker !== "#" && { marker: order.marker }),
  };
}

/** The first line, or the second where the first says what runs the file. */
function withMark(content: string, marker: string): string {
  if (marker === "none") return content;
  if (marker === "json") return content.replace("{\n", `{\n${JSON_MARK}\n`);
  const line = `${marker} ${MARK}\n`;
  const [, first = ""] = /^(#!.*\n)/.exec(content) ?? [];
  return `${first}${line}${content.slice(first.length)}`;
}

function withoutMark(text: string): Pick<File, "content" | "marker"> {
  if (text.startsWith(`{\n${JSON_MARK}\n`)) return { content: text.replace(`${JSON_MARK}\n`, ""), marker: "json" };
  const [, first = "", marker] = /^(#!.*\n)?(\S+) Made by Datumline;.*\n/.exec(text) ?? [];
  if (marker === undefined) return { content: text, marker: "none" };
  const content = first + text.slice(first.length).replace(/^.*\n/, "");
  return { content, ...(marker !== "#" && { marker }) };
}

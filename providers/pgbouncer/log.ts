/** What a pooler writes to its log while it loads, as far as the file may be read from here: it alone says why. */
import { closeSync, openSync, readSync, statSync } from "node:fs";

/** Longest part of a log that is looked at. */
const MOST = 64 * 1024;

export class Log {
  readonly #path: string;
  #from: number;

  constructor(path: string) {
    this.#path = path;
    this.#from = this.#size();
  }

  /** Marks the place from which on lines count. */
  mark(): void {
    this.#from = this.#size();
  }

  /** Complaints since the mark. */
  complaints(): string[] {
    const end = this.#size();
    const from = Math.max(this.#from, end - MOST);
    if (this.#path === "" || end <= from) return [];
    try {
      const handle = openSync(this.#path, "r");
      try {
        const buffer = Buffer.alloc(end - from);
        readSync(handle, buffer, 0, buffer.length, from);
        return buffer.toString("utf8").split("\n").flatMap(complaint);
      } finally {
        closeSync(handle);
      }
    } catch {
      return [];
    }
  }

  #size(): number {
    return this.#path === "" ? 0 : (statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0);
  }
}

/** Lines of its own doing; what a client or a server did wrong is no fault of the configuration. */
function complaint(line: string): string[] {
  const [, text = ""] =
    /\b(?:ERROR|FATAL|WARNING) ((?:.*(?:config|TLS|parameter|tls|userlist|auth_file|cannot load|syntax)).*)$/.exec(
      line,
    ) ?? [];
  if (text === "" || text.startsWith("C-") || text.startsWith("S-")) return [];
  // A line of the configuration may hold a password.
  return [text.replace(/password\s*=\s*(?:'(?:[^']|'')*'|\S+)/gi, "password=…")];
}

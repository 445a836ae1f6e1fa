/** Writes and removals as texts that say what they do, so that a plan shows the whole of a file. */
import type { Handler, Hazard } from "../../core/engine.ts";
import type { File } from "../../core/specs.ts";
import { expr } from "../../core/sql.ts";

export const file: Handler<File> = {
  create: (spec) => [{ sql: write(spec) }],
  alter: ({ before, after, fields }) => [
    {
      sql: write(after),
      ...(before.installed === false &&
        fields.some(({ path }) => path[0] === "content") && { hazards: [overwrites(before)] }),
    },
  ],
  drop: ({ path }) => [{ sql: expr(`REMOVE ${path}`) }],
};

function write({ path, content, link, mode = "0644", marker = "#" }: File) {
  return expr(link === undefined ? `WRITE ${path} ${mode} ${marker}\n${content}` : `LINK ${path} ${link}`);
}

function overwrites({ path }: File): Hazard {
  return {
    code: "OVERWRITES_FILE",
    message: `${path} was written by somebody else; what is in it is lost`,
    affects: [path],
  };
}

/** What a text says; the inverse of what is made above. */
export type Order =
  | {
      readonly does: "write";
      readonly path: string;
      readonly mode: number;
      readonly marker: string;
      readonly content: string;
    }
  | { readonly does: "link"; readonly path: string; readonly to: string }
  | { readonly does: "remove"; readonly path: string };

export function orderOf(text: string): Order {
  const [head = "", ...lines] = text.split("\n");
  const [, path = "", mode = "", marker = ""] = /^WRITE (.+) ([0-7]{4}) (\S+)$/.exec(head) ?? [];
  if (path) return { does: "write", path, mode: Number.parseInt(mode, 8), marker, content: lines.join("\n") };
  const [, link = "", to = ""] = /^LINK (.+) (\S+)$/.exec(head) ?? [];
  if (link) return { does: "link", path: link, to };
  const [, gone = ""] = /^REMOVE (.+)$/.exec(head) ?? [];
  if (gone) return { does: "remove", path: gone };
  throw new Error(`internal: no order: ${head}`);
}

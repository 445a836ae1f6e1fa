/** Documents as YAML laid out to be compared line by line: a column, a key, a member each on a line of its own. */
import { Document, isCollection, isMap, isScalar, isSeq, type Node, Scalar } from "yaml";
import type { EmittedDocument } from "./layout.ts";

const LONGEST = 100;

export function documentsYaml(documents: readonly EmittedDocument[]): string {
  return documents.map(documentYaml).join("---\n");
}

function documentYaml({ kind, spec }: EmittedDocument): string {
  const document = new Document({ kind: kind.name, ...spec });
  const root = document.contents;
  if (isMap(root)) for (const { value } of root.items) arrange(value as Node | null);
  return document.toString({ lineWidth: 0, blockQuote: "literal" });
}

/** What fits on a line stands on one; of a list of objects each element does. */
function arrange(node: Node | null): void {
  if (isScalar(node) && typeof node.value === "string" && node.value.includes("\n")) {
    // White space at an edge of a line is what a block cannot be trusted with, and what nobody sees in one.
    node.type = /^\s|[^\S\n](\n|$)|\r|\n\n+$/.test(node.value) ? Scalar.QUOTE_DOUBLE : Scalar.BLOCK_LITERAL;
  }
  if (!isCollection(node)) return;
  const isList = isSeq(node) && node.items.some((item) => isMap(item));
  if (!isList && fits(node)) {
    node.flow = true;
    return;
  }
  for (const item of node.items)
    arrange(
      ("value" in (item as object) && "key" in (item as object)
        ? (item as { value: unknown }).value
        : item) as Node | null,
    );
}

function fits(node: Node): boolean {
  const text = JSON.stringify(node);
  return text.length <= LONGEST && !text.includes("\\n");
}

/** An access change as people read it: `analyst gains SELECT on sales.customer_dim.email (via bi_reader → analyst)`. */
import type { Address } from "../address.ts";
import type { AccessChange } from "./diff.ts";
import { EVERYBODY } from "./model.ts";

export function accessLine(change: AccessChange): string {
  const who = change.role === EVERYBODY ? "everybody" : change.role;
  const { rows, through, object } = change;
  if (change.change === "rows") {
    const by = through ? ` through ${nameOf(through)}` : "";
    return `${who}, rows of ${nameOf(object as Address)}${by}: ${oneLine(rows?.from ?? "all")} → ${oneLine(rows?.to ?? "all")}`;
  }
  const notes = [
    ...(through ? [`${change.masked ? "masked, " : ""}through ${nameOf(through)}`] : []),
    ...(change.via ? [`via ${change.via.join(" → ")}`] : []),
    ...(change.setRole ? ["after SET ROLE"] : []),
    ...(rows ? [`rows: ${oneLine(rows.to)}`] : []),
  ];
  const what = [change.privilege?.toUpperCase(), on(change)].filter(Boolean).join(" ");
  return `${who} ${change.change} ${what}${notes.length > 0 ? ` (${notes.join("; ")})` : ""}`;
}

function on({ object, columns, classified = {}, future }: AccessChange): string {
  if (future !== undefined) return `on ${future}`;
  if (object === undefined) return "";
  const name = nameOf(object);
  const marked = (column: string): string => (classified[column] ? `${column} [${classified[column]}]` : column);
  if (!columns) {
    const classes = Object.keys(classified).map(marked);
    return `on ${name}${classes.length > 0 ? `, ${classes.join(", ")} included` : ""}`;
  }
  return columns.length === 1
    ? `on ${name}.${marked(columns[0] as string)}`
    : `on ${name} (${columns.map(marked).join(", ")})`;
}

function nameOf(of: Address): string {
  const [kind, name] = [of.slice(0, of.indexOf("/")), of.slice(of.indexOf("/") + 1)];
  return ["Table", "View", "MaterializedView"].includes(kind) ? name : `${kind.toLowerCase()} ${name}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

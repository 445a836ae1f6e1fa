import { address } from "../address.ts";
import { byPrivilege, GRANTED, PRIVILEGES } from "../fragments.ts";
import { defineKind } from "../kind.ts";
import { nameParts } from "../names.ts";
import { flag, reference } from "../schema.ts";
import type { Grant } from "../specs.ts";

const TARGETS = ["database", "schema", "table", "sequence", "function"] as const;

export const grant = defineKind<Grant>({
  name: "Grant",
  rank: 80,
  summary:
    "Privileges of a role on an object. Each privilege is a fact of its own: grants by others stay what they are.",
  comment: false,
  fields: {
    to: reference("Role that gets the privileges; `public` for every role.", "Role"),
    privileges: PRIVILEGES,
    on: GRANTED,
    grantOption: flag("May grant them to others."),
    grantor: {
      ...reference("Role that granted them, where it is not the owner of the object.", "Role"),
    },
  },
  required: ["to", "privileges", "on"],
  address: (spec) => {
    const [kind, names] = target(spec);
    return address(
      "Grant",
      spec.to,
      kind,
      names,
      ...(spec.on.columns ? [spec.grantOption ? "columns with grant option" : "columns"] : []),
      spec.privileges.join(", "),
      ...(spec.grantor ? [`by ${spec.grantor}`] : []),
    );
  },
  check: ({ on }) => [
    ...(TARGETS.filter((kind) => on[kind] !== undefined).length === 1
      ? []
      : [`\`on\` takes one of ${TARGETS.join(", ")}`]),
    ...(on.columns && !on.table ? ["`on.columns` needs `on.table`"] : []),
  ],
  scope: (spec) => ({
    ...(spec.on.schema ? { schema: spec.on.schema } : {}),
    ...((spec.on.table ?? spec.on.sequence)
      ? { schema: nameParts((spec.on.table ?? spec.on.sequence) as string)[0] as string }
      : {}),
    ...(spec.on.function ? { schema: functionSchema(spec.on.function) } : {}),
  }),
  ...byPrivilege<Grant>(),
  merge: (a, b) => {
    if (!a.on.columns || !b.on.columns) return undefined;
    const columns = new Set(a.on.columns);
    if (b.on.columns.some((column) => columns.has(column))) return undefined;
    return { ...a, on: { ...a.on, columns: [...a.on.columns, ...b.on.columns].sort() } };
  },
});

/** Kind of the thing granted on, and its name in parts. */
export function target(spec: Grant): [(typeof TARGETS)[number], string[]] {
  for (const kind of TARGETS) {
    const name = spec.on[kind];
    if (name === undefined) continue;
    if (kind === "table" || kind === "sequence") return [kind, nameParts(name)];
    return [kind, [name]];
  }
  throw new Error("internal: a grant on nothing");
}

/** `sales.margin(numeric)` → `sales`. */
function functionSchema(signature: string): string {
  return nameParts(signature.slice(0, signature.indexOf("(") + 1).replace(/\($/, ""))[0] as string;
}

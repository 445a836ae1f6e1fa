/** What of a change can change who can do what, and what default privileges promise. */
import type { AccessEngine } from "../../../core/engine.ts";
import { promiseOf } from "./futures.ts";
import { accessOf } from "./model.ts";

/** Fields that say who can do what; of the other kinds, every field does. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Table: ["owner", "rowSecurity"],
  Sequence: ["owner"],
  Schema: ["owner"],
  Role: ["superuser", "bypassrls", "inherit", "memberOf"],
  View: ["owner", "query", "securityInvoker"],
  MaterializedView: ["owner", "query"],
  Grant: ["on", "to", "privileges"],
  RowPolicy: ["command", "as", "to", "using", "withCheck"],
  Function: ["owner", "security"],
};

export const access: AccessEngine = {
  of: accessOf,
  concerns: ({ action, fields, kind }) => {
    const speaking = FIELDS[kind.name];
    if (!speaking) return kind.name === "DefaultPrivilege";
    return action === "create" || action === "drop" || fields.some(({ path }) => speaking.includes(path[0] as string));
  },
  future: promiseOf,
};

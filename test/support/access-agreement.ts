/**
 * Does the model say what the server says and does? Everything that it claims of one random database is compared, and
 * everything that the server lets anybody do must have been claimed.
 */
import type { AccessModel } from "../../core/access/model.ts";
import { comparePrivileges } from "./access-privileges.ts";
import { type Answers, actors } from "./access-probe.ts";
import { addressOf, type Said } from "./access-said.ts";
import { compareStatements } from "./access-statements.ts";
import type { Made } from "./made-grants.ts";

/** Conditions that the model gives anywhere, for the server to say which rows meet them. */
export function rulesOf(model: AccessModel, made: Made): string[] {
  const found = new Set<string>();
  for (const role of actors(made)) {
    for (const relation of made.relations)
      for (const holdings of model.of(role, addressOf(relation)).privileges.values())
        for (const { rows } of holdings) if (rows !== undefined) found.add(rows);
    for (const { rows } of model.through(role)) found.add(rows);
  }
  return [...found].filter((rule) => rule !== "all" && rule !== "none");
}

/** What model and server disagree about. */
export function disagreements(model: AccessModel, made: Made, answers: Answers): string[] {
  const said: Said = { model, made, answers, found: [] };
  comparePrivileges(said);
  compareStatements(said);
  return said.found;
}

/**
 * How to log in, as Terraform hands it on: to one resource alone, and nothing of it is written anywhere. What another data
 * source would need of it is refused while the app runs.
 */
import type { Kind, Spec } from "../core/kind.ts";
import { KINDS } from "../core/kinds/index.ts";
import type { Link } from "./links.ts";
import { refuse } from "./refuse.ts";

/** Fields of the connection that Terraform may hand on. */
export const LOGINS = ["password", "url"] as const;
export type HandedOn = readonly (typeof LOGINS)[number][];

/** Refuses a document for which the place of another data source must be known, or a login to it, and is not. */
export function refuseUnknown({ by, to }: Link, handedOn: HandedOn): void {
  const { connection } = to.toDocument() as unknown as { readonly connection: { readonly [field: string]: unknown } };
  if (handedOn.includes("url") && connection.host === undefined) {
    refuse(
      by.$construct,
      `Where ${to.name} is stands in a URL that Terraform hands on to ${to.name} alone`,
      `Give \`host\`, \`port\` and \`database\` of ${to.name} beside it.`,
    );
  }
  const isSaid = ["password", "url", "iam"].some((field) => typeof connection[field] === "object");
  if (handedOn.length === 0 || isSaid || !logsInTo(by).includes(to.name)) return;
  refuse(
    by.$construct,
    `It needs a login to ${to.name}, which Terraform hands on to ${to.name} alone`,
    `Let ${to.name} refer to its password, by secret.env, secret.file or another of them; or let the pooler look passwords up: \`auth: { by: "query", … }\`.`,
  );
}

function logsInTo(document: Link["by"]): string[] {
  return (KINDS.get(document.kind) as Kind).logsInTo?.(document as unknown as Spec) ?? [];
}

/** What the statements of a change come to in the files: secrets filled in, verifiers lent, lines put in their places. */
import type { ConnectOptions, Run } from "../../core/engine.ts";
import { StatementError } from "../../core/errors.ts";
import { fill } from "../../core/sql.ts";
import { verifier } from "../postgresql/scram.ts";
import { entries, pairsText, parsePairs, withEntry } from "./ini.ts";
import { lentBy } from "./pool-user.ts";
import type { Texts } from "./snapshot.ts";
import type { Edit } from "./statements.ts";
import { withUser } from "./userlist.ts";
import type { Verifiers } from "./verifiers.ts";

/** A secret goes in as a JSON text, so that nothing in it ends the line. */
export async function withSecrets({ text, secrets }: Run, secret: ConnectOptions["secret"]): Promise<string> {
  const values = await Promise.all(
    secrets.map(async ({ secret: reference, form }) => {
      const value = await secret(reference);
      if (form === "clear" && /[\r\n\0]/.test(value))
        throw new StatementError(
          "A password that is kept in clear has a line break, and the userlist holds one a line",
          {
            hint: "Give one without, or keep its verifier: `keep: verifier`.",
          },
        );
      return JSON.stringify(form === "clear" ? value : verifier(value));
    }),
  );
  return fill(text, secrets, (hole) => values[secrets.indexOf(hole)] as string);
}

/** Does a line of the userlist stand for a verifier of a data source? */
export function isLent(edit: Edit | undefined): boolean {
  return edit?.place === "userlist" && edit.value !== undefined && lentBy(edit.value) !== undefined;
}

/** What stands for a verifier of a data source is replaced by it. */
export async function lent(edits: readonly Edit[], verifiers: Verifiers): Promise<Edit[]> {
  const bySource = new Map<string, string[]>();
  for (const { place, key, value } of edits) {
    const source = place === "userlist" && value !== undefined ? lentBy(value) : undefined;
    if (source !== undefined) bySource.set(source, [...(bySource.get(source) ?? []), key]);
  }
  const found = new Map<string, Map<string, string>>();
  for (const [source, names] of bySource) found.set(source, await verifiers.of(source, names));
  return edits.map((edit) => {
    const { place, key, value } = edit;
    if (place !== "userlist" || value === undefined) return edit;
    const source = lentBy(value);
    if (source === undefined) return { ...edit, value: JSON.parse(value) as string };
    const secret = found.get(source)?.get(key);
    if (secret !== undefined) return { ...edit, value: secret };
    const hint = "Declare its `password` there, or set one by hand.";
    throw new StatementError(`The role ${key} of ${source} has no password that could be lent`, { hint });
  });
}

/** The files with one more line as it is to be. */
export function edited({ ini, userlist }: Texts, { place, key, value }: Edit): Texts {
  if (place === "userlist") return { ini, userlist: withUser(userlist, key, value) };
  const kept =
    place === "databases" && value !== undefined ? keepingPassword(entries(ini, place).get(key), value) : value;
  return { ini: withEntry(ini, place, key, kept), userlist };
}

/** A password that somebody wrote into the line stays, as long as it is for the same user. */
function keepingPassword(before: string | undefined, value: string): string {
  const [had, has] = [parsePairs(before ?? ""), parsePairs(value)];
  const password = had.get("password");
  return password === undefined || had.get("user") !== has.get("user")
    ? value
    : pairsText(new Map([...has, ["password", password]]));
}

/** Proofs run by the command on an estate that has been applied. */
import { expect } from "@jest/globals";
import type { CliOptions, Folder, Ran } from "./cli.ts";

export interface Told {
  readonly name: string;
  readonly outcome: "held" | "failed" | "not proved";
  readonly code?: string;
  readonly reasons: readonly string[];
  readonly seen?: string;
  readonly sample?: { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };
}

/** `[document, outcome, what is said of it]` */
export type ProofCase = readonly [document: string, outcome: Told["outcome"], says?: string | RegExp];

/** The results of a run by name; documents stand beside those of the estate. */
export async function proveIn(
  here: Folder,
  documents: string,
  more = "",
  options: CliOptions = {},
): Promise<{ readonly ran: Ran; readonly told: ReadonlyMap<string, Told> }> {
  here.write("proofs/proofs.yaml", documents);
  const ran = await here.run(
    ["test", "-f", "estate.yaml", "-f", "proofs", "--format", "json", ...more.split(" ").filter(Boolean)],
    options,
  );
  if (ran.out === "") throw new Error(ran.err);
  const { results } = JSON.parse(ran.out) as { results: readonly Told[] };
  return { ran, told: new Map(results.map((one) => [one.name, one])) };
}

/** Every case comes to what it says, all of them in one run. */
export async function expectProofs(here: Folder, kind: string, cases: readonly ProofCase[]): Promise<Ran> {
  const documents = cases.map(([document], index) => `kind: ${kind}\nname: case ${index}\n${document.trim()}`);
  const { ran, told } = await proveIn(here, documents.join("\n---\n"), `--only ${kind}/*`);
  const found = cases.map(([document], index) => {
    const one = told.get(`${kind}/case ${index}`);
    return { document, outcome: one?.outcome, says: one?.reasons.join("\n") ?? "" };
  });
  const wanted = cases.map(([document, outcome, says = ""]) => ({
    document,
    outcome,
    says:
      says === "" && outcome === "held"
        ? ""
        : says instanceof RegExp
          ? expect.stringMatching(says)
          : expect.stringContaining(says),
  }));
  expect(found).toEqual(wanted);
  return ran;
}

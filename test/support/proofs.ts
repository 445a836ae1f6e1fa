/** Proofs run by the command on an estate that has been applied. */
import { afterAll, expect } from "@jest/globals";
import pg from "pg";
import { type CliOptions, type Folder, folder, type Ran } from "./cli.ts";

/** Roles, tables with policies, a mask: what proofs are tried on. */
export const PROVED = `
kind: DataSource
name: warehouse
engine: postgresql
connection: { url: { env: DATABASE_URL } }
---
{ kind: Schema, name: app }
---
{ kind: Role, name: reader }
---
{ kind: Role, name: viewer }
---
{ kind: Role, name: tenant }
---
{ kind: Role, name: clerk, login: true, memberOf: [tenant], settings: { app.tenant: a } }
---
kind: Table
schema: app
name: customer
columns:
  - { name: id, type: bigint, identity: always }
  - { name: tenant, type: text, notNull: true }
  - { name: email, type: text, classification: pii }
  - { name: status, type: varchar(4), notNull: true }
  - { name: since, type: date }
primaryKey: [id]
checks: [{ name: known_status, expression: "status IN ('open', 'paid')" }]
rowSecurity: forced
---
kind: Table
schema: app
name: sale
columns:
  - { name: id, type: bigint, identity: always }
  - { name: customer, type: bigint, notNull: true }
  - { name: amount, type: "numeric(4,2)", notNull: true }
  - { name: made, type: timestamptz, notNull: true, default: now() }
primaryKey: [id]
foreignKeys: [{ columns: [customer], references: { table: app.customer } }]
---
{ kind: Table, schema: app, name: notice, columns: [{ name: words, type: text, notNull: true }], rowSecurity: on }
---
{ kind: RowPolicy, table: app.notice, name: shown, command: select, using: "words LIKE 'public%'" }
---
{ kind: RowPolicy, table: app.customer, name: own, to: [tenant], using: "tenant = current_setting('app.tenant', true)" }
---
{ kind: RowPolicy, table: app.customer, name: every, command: select, to: [reader], using: "true" }
---
{ kind: Grant, to: tenant, privileges: [select, insert, update, delete], on: { table: app.customer } }
---
{ kind: Grant, to: reader, privileges: [select], on: { table: app.customer, columns: [id, tenant, since] } }
---
{ kind: Grant, to: reader, privileges: [select], on: { table: app.sale } }
---
{ kind: Grant, to: public, privileges: [usage], on: { schema: app } }
---
kind: MaskedView
schema: app
name: masked
from: app.customer
mask: { email: { partial: { keepStart: 2, keepDomain: true } }, since: yearOfDate }
where: status = 'paid'
to: [viewer]
`;

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

export interface AppliedEstate {
  readonly here: Folder;
  readonly hand: pg.Client;
  /** Reasons of what does not hold once another hand has been there, by name; each proof is undone. */
  spoilt(by: string, undo: string): Promise<Record<string, string>>;
}

const hands: pg.Client[] = [];
afterAll(() => Promise.all(hands.splice(0).map((hand) => hand.end())));

/** Documents applied to a database by the command, and another hand on it; `as` is who applies and proves. */
export async function appliedEstate(at: string, documents: string, as = at): Promise<AppliedEstate> {
  const here = folder({ DATABASE_URL: as });
  here.write("estate.yaml", documents);
  const ran = await here.run("apply -f estate.yaml --yes --allow all");
  if (ran.code !== 0) throw new Error(ran.err);
  const hand = new pg.Client(at);
  // The server may be gone before it.
  hand.on("error", () => undefined);
  await hand.connect();
  hands.push(hand);
  return {
    here,
    hand,
    async spoilt(by, undo) {
      await hand.query(by);
      try {
        const { told } = await proveIn(here, "");
        const wrong = [...told.values()].filter(({ outcome }) => outcome !== "held");
        return Object.fromEntries(
          wrong.map(({ name, outcome, reasons }) => [
            name,
            `${outcome === "failed" ? "" : `${outcome}: `}${reasons.join("\n")}`,
          ]),
        );
      } finally {
        await hand.query(undo);
      }
    },
  };
}

/** Views over tables whose rows are kept back. */
import { PEEK } from "./functions.ts";
import type { Family } from "./model.ts";

export const VIEWS: Family = {
  title: "Views",
  attacks: [
    {
      way: "A view with its owner's rights over a table with policies",
      outcome: "reported",
      code: "VIEW_BYPASSES_ROW_SECURITY",
      names: "View app.notes shows rows of app.invoice",
      why: "Policies are asked for the owner of the view.",
      declare: `{ kind: View, schema: app, name: notes, query: SELECT note FROM app.invoice }
---
{ kind: Grant, to: staff, privileges: [select], on: { table: app.notes } }`,
      as: "alice",
      run: "SELECT note FROM app.notes",
      gets: /hidden one/,
    },
    {
      way: "A view with its reader's rights (`securityInvoker`)",
      outcome: "blocked",
      why: "Policies are asked for whoever reads it.",
      declare: `{ kind: View, schema: app, name: own_notes, query: SELECT note FROM app.invoice, securityInvoker: true }
---
{ kind: Grant, to: staff, privileges: [select], on: { table: app.own_notes } }`,
      as: "alice",
      run: "SELECT note FROM app.own_notes",
      gets: /^SELECT 1\n\{"note":"100"\}$/,
      since: 15,
    },
    {
      way: "A view with its owner's rights over such a view",
      outcome: "blocked",
      why: "What runs with its reader's rights does so wherever it is read from.",
      declare: `{ kind: View, schema: app, name: inner_notes, query: SELECT note FROM app.invoice, securityInvoker: true }
---
{ kind: View, schema: app, name: outer_notes, query: SELECT note FROM app.inner_notes }
---
{ kind: Grant, to: staff, privileges: [select], on: { table: app.outer_notes } }`,
      as: "alice",
      run: "SELECT note FROM app.outer_notes",
      gets: /^SELECT 1\n\{"note":"100"\}$/,
      since: 15,
    },
    {
      way: "A materialized view over such a view",
      outcome: "reported",
      code: "VIEW_BYPASSES_ROW_SECURITY",
      names: "MaterializedView app.kept_inner shows rows of app.invoice",
      why: "It keeps the rows of whoever refreshed it, whose rights the view then has.",
      declare: `{ kind: View, schema: app, name: first_notes, query: SELECT note FROM app.invoice, securityInvoker: true }
---
{ kind: MaterializedView, schema: app, name: kept_inner, query: SELECT note FROM app.first_notes }
---
{ kind: Grant, to: staff, privileges: [select], on: { table: app.kept_inner } }`,
      prepare: "REFRESH MATERIALIZED VIEW app.kept_inner",
      as: "alice",
      run: "SELECT note FROM app.kept_inner",
      gets: /hidden one/,
      since: 15,
    },
    {
      way: "A materialized view",
      outcome: "reported",
      code: "VIEW_BYPASSES_ROW_SECURITY",
      names: "MaterializedView app.kept_notes shows rows of app.invoice",
      why: "It keeps the rows that whoever refreshed it sees.",
      declare: `{ kind: MaterializedView, schema: app, name: kept_notes, query: SELECT note FROM app.invoice }
---
{ kind: Grant, to: staff, privileges: [select], on: { table: app.kept_notes } }`,
      prepare: "REFRESH MATERIALIZED VIEW app.kept_notes",
      as: "alice",
      run: "SELECT note FROM app.kept_notes",
      gets: /hidden one/,
    },
    {
      way: "A leaky function on a view that filters and is no barrier",
      outcome: "reported",
      code: "VIEW_WITHOUT_BARRIER",
      names: "View port.open",
      why: "The reader's condition may be asked first; say `securityBarrier: true`.",
      declare: `{ kind: Schema, name: port }
---
{ kind: Role, name: sailor, login: true }
---
{ kind: Grant, to: sailor, privileges: [usage], on: { schema: port } }
---
{ kind: Table, schema: port, name: cargo, columns: [{ name: text, type: text }, { name: state, type: text }] }
---
{ kind: View, schema: port, name: open, query: SELECT text FROM port.cargo WHERE state = 'open' }
---
{ kind: Grant, to: sailor, privileges: [select], on: { table: port.open } }`,
      prepare: "INSERT INTO port.cargo VALUES ('hidden', 'closed')",
      as: "sailor",
      run: `${PEEK} SELECT text FROM port.open WHERE pg_temp.peek(text)`,
      gets: /saw hidden/,
    },
  ],
};

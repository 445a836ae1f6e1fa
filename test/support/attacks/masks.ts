/** Masked views: what can be learnt of a value that is masked. */
import type { Family } from "./model.ts";

export const MASKS: Family = {
  title: "Masks",
  attacks: [
    {
      way: "A condition on a masked column",
      outcome: "blocked",
      why: "It is compared after it was masked.",
      as: "analyst",
      run: "SELECT id FROM hr.person_masked WHERE card LIKE '%4111%' OR salary > 1; SELECT 'nothing more'",
      gets: /SELECT 0\nSELECT 1/,
    },
    {
      way: "The order by a masked column",
      outcome: "blocked",
      why: "It is the order of the masks.",
      as: "analyst",
      run: "SELECT count(DISTINCT rank) FROM (SELECT dense_rank() OVER (ORDER BY card, salary) AS rank FROM hr.person_masked) r",
      gets: /"count":"1"/,
    },
    {
      way: "Sums and averages over a masked column, differences of two of them",
      outcome: "blocked",
      why: "They add up masks; a nullified number adds nothing.",
      as: "analyst",
      run: "SELECT sum(salary) AS sum, max(card) AS card FROM hr.person_masked",
      gets: /"sum":null,"card":"\*\*\*"/,
    },
    {
      way: "A join of the view with itself by a masked column",
      outcome: "blocked",
      why: "What `redact` and `nullify` leave is the same for all; only `hash` tells equal values.",
      as: "analyst",
      run: "SELECT count(*) FROM hr.person_masked a JOIN hr.person_masked b ON a.card = b.card",
      gets: /"count":"4"/,
    },
    {
      way: "Rows that the view's `where` leaves out",
      outcome: "blocked",
      why: "A barrier: no condition of the reader is asked before it, whatever it costs.",
      as: "analyst",
      run: "SELECT id FROM hr.person_masked WHERE CASE WHEN region <> 'EU' THEN 1 / (id - id) = 0 ELSE false END; SELECT 'nothing more'",
      gets: /nothing more/,
    },
    {
      way: "The settings `DateStyle` and `TimeZone`, to have another part of a day shown",
      outcome: "blocked",
      why: "Days are masked as ISO 8601 in UTC, whatever the session says.",
      declare: `{ kind: Role, name: dater, login: true }
---
{ kind: Schema, name: days }
---
{ kind: Grant, to: dater, privileges: [usage], on: { schema: days } }
---
{ kind: Table, schema: days, name: birth, columns: [{ name: day, type: date }] }
---
{ kind: MaskedView, schema: days, name: birth_masked, from: days.birth, mask: { day: { partial: { keepStart: 4 } } }, to: [dater] }`,
      prepare: "INSERT INTO days.birth VALUES ('2001-07-07')",
      as: "dater",
      run: "SET datestyle = 'German'; SELECT day FROM days.birth_masked",
      gets: /2001\*\*\*/,
    },
    {
      way: "The table behind the view",
      outcome: "blocked",
      why: "The view reads it with its owner's rights; its readers have none on it.",
      as: "analyst",
      run: "SELECT email FROM hr.person",
      gets: /permission denied for table person/,
    },
    {
      way: "A grant on the table to a reader of the view, or to a group of it",
      outcome: "reported",
      code: "MASK_BYPASSED",
      names: "hide nothing from trainee",
      why: "What is declared so is refused.",
      declare: `{ kind: Schema, name: lab }
---
{ kind: Role, name: trainee, login: true }
---
{ kind: Grant, to: trainee, privileges: [usage], on: { schema: lab } }
---
{ kind: Table, schema: lab, name: sample, columns: [{ name: id, type: bigint }, { name: name, type: text }] }
---
{ kind: MaskedView, schema: lab, name: sample_masked, from: lab.sample, mask: { name: redact }, to: [trainee] }`,
      refused: "{ kind: Grant, to: trainee, privileges: [select], on: { table: lab.sample } }",
      prepare: "INSERT INTO lab.sample VALUES (1, 'hidden'); GRANT SELECT ON lab.sample TO trainee",
      as: "trainee",
      run: "SELECT name FROM lab.sample",
      gets: /hidden/,
    },
    {
      way: "Such a grant made by hand",
      outcome: "reported",
      code: "MASK_BYPASSED",
      names: "hide nothing from pupil",
      why: "A warning, since the plan may leave it; a ColumnAccess of the table revokes it.",
      declare: `{ kind: Role, name: pupil, login: true }
---
{ kind: Grant, to: pupil, privileges: [usage], on: { schema: lab } }
---
{ kind: MaskedView, schema: lab, name: sample_for_pupils, from: lab.sample, mask: { name: redact }, to: [pupil] }`,
      prepare: "GRANT SELECT ON lab.sample TO pupil",
      as: "pupil",
      run: "SELECT name FROM lab.sample",
      gets: /hidden/,
    },
    {
      way: "Writing through the view",
      outcome: "reported",
      code: "WRITES_THROUGH_MASK",
      names: "trainee would write to lab.sample",
      why: "It writes with its owner's rights; grant only `select` on it.",
      declare: "{ kind: Grant, to: trainee, privileges: [update], on: { table: lab.sample_masked } }",
      as: "trainee",
      run: "UPDATE lab.sample_masked SET id = 2",
      gets: /UPDATE 1/,
    },
    {
      way: "Guessing the value behind a `hash`",
      outcome: "reported",
      code: "MASK_GUESSABLE",
      names: "`clinic.patient_masked` shows hashes of `pin`",
      why: "Whoever hashes all possible values reads the column: of numbers and days that takes seconds. Take `redact` or `nullify`.",
      declare: `{ kind: Schema, name: clinic }
---
{ kind: Role, name: student, login: true }
---
{ kind: Grant, to: student, privileges: [usage], on: { schema: clinic } }
---
{ kind: Table, schema: clinic, name: patient, columns: [{ name: id, type: bigint }, { name: pin, type: int }] }
---
{ kind: MaskedView, schema: clinic, name: patient_masked, from: clinic.patient, mask: { pin: hash }, to: [student] }`,
      prepare: "INSERT INTO clinic.patient VALUES (1, 7777), (2, 7777)",
      as: "student",
      run: `SELECT p.id, g FROM clinic.patient_masked p
JOIN generate_series(1, 9999) g ON encode(sha256(convert_to(g::text, 'UTF8')), 'hex') = p.pin`,
      gets: /7777/,
    },
    {
      way: "Equal values by their `hash`, in the view and in others",
      outcome: "reported",
      code: "MASK_GUESSABLE",
      names: "`clinic.visit_masked` shows hashes of `name`",
      why: "That is what it is for: joins and counts. A note says so.",
      declare: `{ kind: Table, schema: clinic, name: visit, columns: [{ name: id, type: bigint }, { name: name, type: text }] }
---
{ kind: MaskedView, schema: clinic, name: visit_masked, from: clinic.visit, mask: { name: hash }, to: [student] }`,
      prepare: "INSERT INTO clinic.visit VALUES (1, 'hidden'), (2, 'hidden')",
      as: "student",
      run: "SELECT count(*) FROM clinic.visit_masked a JOIN clinic.visit_masked b ON a.name = b.name AND a.id < b.id",
      gets: /"count":"1"/,
    },
    {
      way: "A MaskedView of a table with row policies",
      outcome: "reported",
      code: "VIEW_BYPASSES_ROW_SECURITY",
      names: "MaskedView app.invoice_masked shows rows of app.invoice",
      why: "It runs with its owner's rights, so that the policies of its readers do not apply; restate the rule in `where`.",
      declare: `{ kind: Role, name: auditor, login: true }
---
{ kind: Grant, to: auditor, privileges: [usage], on: { schema: app } }
---
{ kind: MaskedView, schema: app, name: invoice_masked, from: app.invoice, mask: { amount: nullify }, to: [auditor] }`,
      as: "auditor",
      run: "SELECT note FROM app.invoice_masked",
      gets: /hidden one/,
    },
  ],
};

/**
 * What is attacked. Whatever nobody who is bound may see is written with the word `hidden`, or is the number 7777: none of
 * it may come back.
 */

/** Documents that hold, with as few privileges as each role needs. */
export const ESTATE = `
{ kind: Schema, name: app, owner: keeper }
---
{ kind: Schema, name: hr, owner: keeper }
---
{ kind: Role, name: keeper, login: true, comment: owns the tables }
---
{ kind: Role, name: staff }
---
{ kind: Role, name: alice, login: true, memberOf: [staff], comment: of tenant a }
---
{ kind: Role, name: bob, login: true, memberOf: [staff], comment: of tenant b }
---
{ kind: Role, name: clerk, login: true, memberOf: [office], comment: reads some columns }
---
{ kind: Role, name: analyst, login: true, memberOf: [office], comment: reads masks }
---
{ kind: Grant, to: staff, privileges: [usage], on: { schema: app } }
---
{ kind: Grant, to: staff, privileges: [select, insert, update, delete], on: { table: app.invoice } }
---
{ kind: Grant, to: staff, privileges: [select, insert], on: { table: app.line } }
---
{ kind: Grant, to: staff, privileges: [select, insert, update], on: { table: app.memo } }
---
kind: Table
schema: app
name: member
owner: keeper
columns: [{ name: login, type: text }, { name: tenant, type: text }]
---
kind: Table
schema: app
name: invoice
owner: keeper
columns:
  - { name: tenant, type: text, notNull: true }
  - { name: id, type: bigint }
  - { name: amount, type: numeric }
  - { name: note, type: text }
primaryKey: [tenant, id]
checks: [{ name: positive, expression: amount > 0 }]
---
kind: Table
schema: app
name: line
owner: keeper
columns:
  - { name: tenant, type: text, notNull: true }
  - { name: id, type: bigint, identity: always }
  - { name: invoice, type: bigint }
  - { name: text, type: text }
primaryKey: [tenant, id]
foreignKeys: [{ columns: [tenant, invoice], references: { table: app.invoice } }]
---
kind: Table
schema: app
name: memo
owner: keeper
columns: [{ name: tenant, type: "varchar(20)" }, { name: text, type: text }]
---
kind: TenantIsolation
name: own_tenant
column: tenant
schemas: [app]
mapping: { table: app.member, user: login, key: tenant }
to: [staff]
---
{ kind: Role, name: office }
---
{ kind: Grant, to: office, privileges: [usage], on: { schema: hr } }
---
kind: Table
schema: hr
name: person
owner: keeper
columns:
  - { name: id, type: bigint }
  - { name: region, type: text, notNull: true }
  - { name: email, type: text, classification: pii }
  - { name: card, type: text, classification: secret }
  - { name: salary, type: numeric, classification: secret }
primaryKey: [id]
---
{ kind: Index, table: hr.person, name: person_card, columns: [{ expression: lower(card) }] }
---
kind: ColumnAccess
table: hr.person
to: [clerk]
exceptClasses: [pii, secret]
---
{ kind: Grant, to: clerk, privileges: [update], on: { table: hr.person, columns: [region, card] } }
---
{ kind: Grant, to: clerk, privileges: [insert, delete], on: { table: hr.person } }
---
kind: MaskedView
schema: hr
name: person_masked
from: hr.person
maskClasses: { pii: { partial: { keepStart: 1 } }, secret: nullify }
mask: { card: redact }
where: region = 'EU'
to: [analyst]
`;

/** Its rows. */
export const ROWS = `
INSERT INTO app.member VALUES ('alice', 'a'), ('alice', NULL), ('bob', 'b'), ('ALICE', 'c');
INSERT INTO app.invoice VALUES ('a', 1, 10, '100'), ('b', 1, 7777, 'hidden one'), ('b', 2, 7777, 'hidden two'),
  ('A', 1, 7777, 'hidden in upper case'), ('c', 1, 7777, 'hidden three');
INSERT INTO app.line (tenant, invoice, text) VALUES ('a', 1, 'own'), ('b', 2, 'hidden');
INSERT INTO app.memo VALUES ('a', 'own'), ('b', 'hidden'), (NULL, 'hidden, of nobody');
INSERT INTO hr.person VALUES (1, 'EU', 'a.hidden@corp', 'hidden 4111', 7777), (2, 'US', 'hidden@corp', 'hidden 4222', 7777),
  (3, 'EU', 'b.hidden@corp', 'hidden 4111', 7777);
CREATE STATISTICS hr.person_statistics (mcv) ON card, region FROM hr.person;
ANALYZE app.invoice, app.memo, hr.person;
`;

/** What must not come back. */
export const HIDDEN = /hidden|7777/;

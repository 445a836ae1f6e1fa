/**
 * The test that matters: apply, and the second plan is empty. The server is the judge; nothing is compared with what we
 * expect it to say.
 */
import { afterAll } from "@jest/globals";
import pg from "pg";
import { parseAllDocuments } from "yaml";
import { apply } from "../../core/apply.ts";
import type { Catalog } from "../../core/catalog.ts";
import { type Diagnostic, hasErrors } from "../../core/diagnostic.ts";
import type { Document } from "../../core/document.ts";
import { declare } from "../../core/documents/declare.ts";
import { type Drift, driftOf } from "../../core/drift.ts";
import type { Session } from "../../core/engine.ts";
import { Refusal } from "../../core/errors.ts";
import type { Judge } from "../../core/guardrail.ts";
import type { Spec } from "../../core/kind.ts";
import { lower } from "../../core/lower.ts";
import { type Mode, ownership } from "../../core/ownership.ts";
import { inOrder, type Plan } from "../../core/plan.ts";
import { compareWith, type Declaration, plan, probes } from "../../core/reconcile.ts";
import type { DataSource } from "../../core/specs.ts";
import { postgresql } from "../../providers/postgresql/engine.ts";

export interface Options {
  readonly mode?: Mode;
  /** Fields of the DataSource besides name, engine and connection. */
  readonly source?: Partial<DataSource>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly judge?: Judge;
  /** Told what a plan took, once it is made. */
  readonly traffic?: (traffic: Session["traffic"]) => void;
}

/** YAML without a DataSource, or what was read from files. */
type Declared = string | Declaration;

export interface Estate {
  /** What declaring these documents would change. */
  plan(documents: Declared, options?: Options): Promise<Plan>;
  /** Applies them, and fails unless the second plan is empty. */
  apply(documents: Declared, options?: Options): Promise<Plan>;
  inspect(): Promise<Catalog>;
  /** Addresses of what is no longer as it was last applied. */
  drift(documents: Declared, options?: Options): Promise<string[]>;
  /** All that a drift report tells. */
  driftReport(documents: Declared, options?: Options): Promise<Drift>;
  /** Plain SQL by another hand. */
  query(text: string): Promise<Record<string, unknown>[]>;
}

const clients: pg.Client[] = [];
afterAll(() => Promise.all(clients.splice(0).map((client) => client.end())));

/** A database to declare things in. */
export function estate(url: string): Estate {
  let other: Promise<pg.Client> | undefined;
  const connected = async (): Promise<pg.Client> => {
    const client = new pg.Client(url);
    // A server that is killed by a test tells the next query, not the whole process.
    client.on("error", () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  };
  const session = (declared: DataSource, options: Options, readOnly: boolean) =>
    postgresql.connect(declared, {
      url,
      readOnly,
      secret: async (reference) => secretOf(options, reference.env ?? ""),
    });
  const planOnce = async (documents: Declared, options: Options): Promise<Plan> => {
    const declared = declaration(documents, options);
    const open = await session(declared.source, options, true);
    try {
      return await plan(open, postgresql, declared, options.judge);
    } finally {
      options.traffic?.({ ...open.traffic });
      await open.close();
    }
  };
  return {
    plan: (documents, options = {}) => planOnce(documents, options),
    async apply(documents, options = {}) {
      const declared = declaration(documents, options);
      const open = await session(declared.source, options, false);
      let made: Plan;
      try {
        made = await plan(open, postgresql, declared, options.judge);
        refuse(made.diagnostics);
        await apply(open, postgresql, made, {
          progress: () => undefined,
          probes: probes(declared.declared, postgresql),
          recheck: async (inspection, ledger) => {
            const again = await compareWith(open, postgresql, declared, inspection, open.ledger ? ledger : undefined);
            return again.steps.map((step) => `${step.action} ${step.address} ${JSON.stringify(step.fields ?? [])}`);
          },
        });
      } finally {
        await open.close();
      }
      const second = await planOnce(documents, options);
      if (second.steps.length > 0) throw new Error(`The second plan is not empty:\n${describe(second)}`);
      return made;
    },
    async inspect() {
      const open = await session(source({}), {}, true);
      try {
        return (await open.inspect(new Map())).catalog;
      } finally {
        await open.close();
      }
    },
    async drift(documents, options) {
      return (await this.driftReport(documents, options)).drifted.map(({ address }) => address);
    },
    async driftReport(documents, options = {}) {
      const declared = declaration(documents, options);
      const open = await session(declared.source, options, true);
      try {
        const looked = probes(declared.declared, postgresql);
        const inspection = await open.inspect(looked);
        const { desired, unwanted } = lower(declared.declared, postgresql, inspection);
        return driftOf({
          dataSource: "test",
          engine: postgresql,
          inspection,
          ledger: (await open.ledger?.entries("all")) ?? new Map(),
          ownership: ownership(declared.source, declared.declared, options.mode),
          declared: desired,
          unwanted,
          probes: looked,
        });
      } finally {
        await open.close();
      }
    },
    async query(text) {
      other ??= connected();
      return (await (await other).query(text)).rows ?? [];
    },
  };
}

/** The statements of a plan in order, for a failure to be read and a test to look at. */
export function statements(made: Plan): string[] {
  return inOrder(made).map(({ statement }) => statement.sql);
}

function describe(made: Plan): string {
  return made.steps
    .map(
      (step) =>
        `${step.action} ${step.address} ${JSON.stringify(step.fields ?? [])}\n${step.statements.map(({ sql }) => sql).join("\n")}`,
    )
    .join("\n");
}

function source({ source: more = {} }: Options): DataSource {
  return { name: "test", engine: "postgresql", connection: {}, ...more };
}

function secretOf({ secrets = {} }: Options, name: string): string {
  const value = secrets[name];
  if (value === undefined) throw new Error(`no secret ${name}`);
  return value;
}

function declaration(documents: Declared, options: Options): Declaration {
  if (typeof documents !== "string") return documents;
  const parsed = parseAllDocuments(documents).map((document): unknown => document.toJS());
  const read = parsed.filter(Boolean).map((value): Document => {
    const { kind, ...spec } = value as { kind: string } & Spec;
    return { kind, spec, origin: { file: "test.yaml", line: 1 } };
  });
  const all: Document[] = [{ kind: "DataSource", spec: source(options) as unknown as Spec, origin: {} }, ...read];
  const { sources, diagnostics } = declare(all, { engines: { get: () => postgresql, names: ["postgresql"] } });
  refuse(diagnostics);
  const [first] = sources;
  if (!first) throw new Error("nothing declared");
  return { ...first, ...(options.mode && { mode: options.mode }), diagnostics: [] };
}

function refuse(diagnostics: readonly Diagnostic[]): void {
  if (hasErrors(diagnostics)) throw new Refusal(diagnostics.filter(({ severity }) => severity === "error"));
}

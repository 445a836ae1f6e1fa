import type { AccessModel } from "./access/model.ts";
import type { Address } from "./address.ts";
import type { BackupTool } from "./backups/model.ts";
import type { Catalog, DataObject, Need } from "./catalog.ts";
import type { Child } from "./child.ts";
import type { HazardCode } from "./codes.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { Document } from "./document.ts";
import type { Estate } from "./estate.ts";
import type { MeasureName } from "./health/measures.ts";
import type { Measurement } from "./health/model.ts";
import type { Kind, Spec } from "./kind.ts";
import type { Ledger } from "./ledger.ts";
import type { OtherTable } from "./other-table.ts";
import type { Proof, ProofResult } from "./proofs/model.ts";
import type { Routine } from "./routine.ts";
import type { Json } from "./schema.ts";
import type { DataSource } from "./specs.ts";
import type { SecretHole, Sql } from "./sql.ts";
import type { Unwanted } from "./unwanted.ts";

/** One danger, told beside the SQL that causes it. */
export interface Hazard {
  readonly code: HazardCode;
  readonly message: string;
  /** Roles or objects that it concerns. */
  readonly affects?: readonly string[];
}

/**
 * When a statement runs: revoke and restrict first, build next, protect what was built, expose last; what goes away
 * goes as early as nothing needs it any more.
 */
export const PHASES = ["rename", "restrict", "drop", "build", "link", "protect", "fill", "expose"] as const;

export type Phase = (typeof PHASES)[number];

/** One statement as a handler makes it. */
export interface Statement {
  readonly sql: Sql;
  /** @default "build", or "drop" for what a handler's drop returns */
  readonly phase?: Phase;
  /** Further objects that must be there before it. */
  readonly after?: readonly Address[];
  readonly hazards?: readonly Hazard[];
  /** Can be undone with the transaction that it runs in. @default true */
  readonly transactional?: boolean;
  /** Lock that it takes, in the engine's words. */
  readonly lock?: string;
  /** Schema in which unqualified names of the user's text are looked up. */
  readonly scope?: string;
  /** What it does to columns that others use. */
  readonly disturbs?: Disturbance;
}

/**
 * Columns that nothing else may use while a statement runs; what uses them is dropped before and made again after.
 * Whatever needs them to be there is concerned, unless they are only `unlinked` from the keys of other tables. `widened`
 * concerns besides every text that may speak of them; `retyped` the keys as well; `remade` all that names them, which
 * goes with them.
 */
export interface Disturbance {
  readonly columns: readonly string[];
  readonly how: "dropped" | "widened" | "retyped" | "remade" | "unlinked";
}

/** One field that differs. A path into a keyed list names the element: `["columns", "email", "type"]`. */
export interface FieldChange {
  readonly path: readonly string[];
  readonly from: Json | undefined;
  readonly to: Json | undefined;
}

/** What a handler may ask about the rest of the plan. */
export interface PlanContext {
  readonly desired: Catalog;
  readonly live: Catalog;
  readonly target: Target;
  readonly facts: Facts;
  /** Made in this plan, so that nobody can hold or lose anything on it yet. */
  isNew(of: Address): boolean;
  /** What the plan does to another object; undefined where it stays as it is. */
  planned(of: Address): { readonly action: string; readonly fields: readonly FieldChange[] } | undefined;
}

export interface Alteration<S> {
  readonly before: S;
  /** The fields as declared, with what only others declared left in. */
  readonly after: S;
  readonly fields: readonly FieldChange[];
  /** Fields that the engine computed of the new text, such as the columns that a query will return. */
  readonly computed: Spec;
}

/** HOW an engine holds one kind. Pure: it neither reads nor writes. */
export interface Handler<S = Spec> {
  /** Spells what the server is not needed for (types, default names) in the engine's way. */
  normalise?(spec: S, context: NormaliseContext): S;
  create(spec: S, context: PlanContext): Statement[];
  /** `"replace"` where the engine cannot alter it in place. */
  alter(change: Alteration<S>, context: PlanContext): Statement[] | "replace";
  /** Why the engine can neither alter it to what is declared nor replace it, and what to do instead; asked before `alter`. */
  refuse?(change: Alteration<S>, context: PlanContext): string | undefined;
  drop(spec: S, context: PlanContext): Statement[];
  rename?(from: S, to: S, context: PlanContext): Statement[];
  /**
   * Lets go of columns (by the address of their object) that are changed, and takes hold of them again; `fields` are
   * those that `alter` sees to.
   */
  relink?(
    before: S,
    after: S,
    columns: ReadonlyMap<Address, ReadonlySet<string>>,
    fields: readonly FieldChange[],
    context: PlanContext,
  ): Statement[];
  /** Objects that its text needs, as far as the engine can tell from the text. */
  needs?(spec: S, context: NormaliseContext): Need[];
  /** Goes without a statement when one of these goes. */
  goesWith?(spec: S): Address[];
  /** What the declared object asks that this engine or version cannot do. */
  check?(spec: S, target: Target, context: NormaliseContext): string[];
}

export interface NormaliseContext {
  readonly desired: Catalog;
  readonly live: Catalog;
  readonly facts: Facts;
}

/** What an engine learned while inspecting that is no object: type names, the connected role. */
export interface Facts {
  readonly connectedAs: string;
  readonly [fact: string]: unknown;
}

/** How an engine turns an intent into objects of its own. */
export interface Lowering<S = Spec> {
  /** Lowers to rows as well, so that it must be looked at even when no catalog has changed. */
  readonly fills?: boolean;
  lower(spec: S, context: LowerContext): Lowered;
  /** What the live system must show once the wish is made; each is proved by `datumline test`. */
  proofs?(spec: S, context: ProofContext): readonly Proof[];
  /** What makes the wish void, told once everything is native: other ways to what it keeps back. */
  review?(spec: S, native: NativeContext): readonly Diagnostic[];
}

export interface LowerContext {
  /** What is declared, intents included, by address. */
  readonly declared: Catalog;
  /** What is there; empty where nothing was inspected (offline check). */
  readonly live: Catalog;
  /** What is there and no kind describes; absent where nothing was inspected. */
  readonly notModelled?: Inspection["notModelled"];
  /** The system; absent where nothing was inspected. */
  readonly target?: Target;
  readonly now: Date;
}

/** Both sides in the engine's own objects. */
export interface NativeContext {
  readonly desired: Catalog;
  readonly live: Catalog;
  /** What the plan takes away, whoever made it. */
  readonly unwanted: Unwanted;
}

export interface Lowered {
  readonly objects: readonly { readonly kind: string; readonly spec: Spec }[];
  readonly diagnostics?: readonly Diagnostic[];
  /**
   * Addresses at which nothing may be but what is declared: an object that nobody declares goes, of one that is declared
   * whatever others added to it; in every mode but `observe`.
   */
  readonly unwanted?: readonly { readonly address: Address; readonly reason: string }[];
  /** Fields of objects that other documents declare, or that are there and nobody declares. */
  readonly amend?: readonly Amendment[];
}

/** What proofs are made from. */
export interface ProofContext {
  /** What is declared, intents included, by address. */
  readonly declared: Catalog;
  /** What it becomes on this engine. */
  readonly desired: Catalog;
  readonly inspection: Inspection;
}

/** How an engine proves what a kind of proof declares. */
export interface Prover<S = Spec> {
  proofs(spec: S, object: DataObject, context: ProofContext): readonly Proof[];
}

export interface Amendment {
  readonly address: Address;
  readonly fields: Spec;
}

/** The system that a plan was made for. */
export interface Target {
  readonly engine: string;
  /** Tells this very system from every other. */
  readonly identity: string;
  /** Where it is, for people: `localhost:5432/analytics`. */
  readonly location: string;
  readonly version: string;
  /** Comparable number of the version, as the engine counts. */
  readonly versionNumber: number;
  readonly user: string;
  /** Database connected to, where the engine has several in one server. */
  readonly database?: string;
}

export interface NotModelled {
  readonly type: string;
  readonly count: number;
  /** Qualified names, in order. */
  readonly names: readonly string[];
}

export interface Inspection {
  readonly catalog: Catalog;
  /** Objects that no kind describes, with the schema of each where it has one. */
  readonly notModelled: readonly { readonly type: string; readonly name: string; readonly schema?: string }[];
  readonly facts: Facts;
  readonly target: Target;
  /** What is there but is nobody's to declare: the connected role, system schemas. */
  readonly present: ReadonlySet<Address>;
  /** Functions and procedures of the user's; absent where the engine has none. */
  readonly routines?: readonly Routine[];
  /** Tables that hold rows of others; absent where the engine has none. */
  readonly children?: readonly Child[];
  /** Tables that no kind describes; absent where the engine has none. */
  readonly otherTables?: readonly OtherTable[];
}

/** Declared objects that hold what no catalog shows: secrets and rows. */
export type Probes = Catalog;

/** Texts to be spelled by the server: declared objects whose rewritten fields nobody has read back yet. */
export type Spelled = ReadonlyMap<Address, Spec>;

/** A statement ready to run, with the object it is for. */
export interface Run {
  /** Runs before it, for the names in its text to mean what they should. */
  readonly enter: string | undefined;
  readonly text: string;
  readonly secrets: readonly SecretHole[];
  readonly address: Address | undefined;
}

/** An open connection to a data source: the only place of I/O. */
export interface Session {
  readonly target: Target;
  /** Equal to an earlier one only if nothing that `inspect` reads has changed since; cheap. */
  fingerprint(): Promise<string>;
  inspect(probes: Probes): Promise<Inspection>;
  /** State of the rows and secrets that the fingerprint does not cover, as a text that tells nothing else of them. */
  probe(probes: Probes): Promise<string>;
  /** The declared objects in the server's spelling; one that it could not spell is left out. */
  spell(objects: Catalog, context: NormaliseContext): Promise<Spelled>;
  readonly ledger: Ledger | undefined;
  /** Waits for its turn among all applies to this target. */
  lock(): Promise<void>;
  begin(): Promise<void>;
  /** Runs statements in order; throws a StatementError that names the one that failed. */
  run(runs: readonly Run[], progress: (done: number) => void): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /** Takes back what is under way when the process is about to end; absent where the system does so by itself. */
  abandon?(): Promise<void>;
  /** Problems that can be told before the first statement runs. */
  preflight(runs: readonly Run[]): Promise<readonly Diagnostic[]>;
  /**
   * Tries each proof, in the order that suits it, and tells what it showed; whatever it makes for that is undone. Inside a
   * transaction it leaves the transaction as it was. Absent where the engine cannot prove anything.
   */
  prove?(proofs: readonly Proof[], context: ProofContext): AsyncIterable<ProofResult>;
  /** Round trips and connections so far. */
  readonly traffic: { readonly roundTrips: number; readonly connections: number };
  close(): Promise<void>;
}

/** What holds for a whole engine. */
export interface Capabilities {
  /** Its statements are no SQL. */
  readonly plain?: true;
  /** Its objects lead to other data sources, so these are applied first and it may connect to them. */
  readonly leadsOn?: boolean;
  /** Statements of several kinds can be undone together. */
  readonly transactions: boolean;
  readonly rowPolicies: boolean;
}

export interface ConnectOptions {
  /** The other declared data sources by name, for an engine that leads to them. */
  readonly others?: ReadonlyMap<string, DataSource>;
  /** Stands for the connection of the document. */
  readonly url?: string;
  /** Resolves a secret reference; the value never leaves the session. */
  readonly secret: (reference: SecretHole["secret"]) => Promise<string>;
  readonly readOnly: boolean;
}

export interface DiagnoseOptions extends ConnectOptions {
  /** What is declared for it, pools that lead to it among them. */
  readonly declared: Catalog;
  readonly estate: Estate;
  /** Queries that the latency is measured with. @default 20 */
  readonly queries?: number;
}

export interface Engine {
  readonly name: string;
  /** Schemes of its URLs, without the colon. */
  readonly schemes: readonly string[];
  readonly capabilities: Capabilities;
  /** One cell per native kind; a kind without one is not held by this engine. */
  readonly handlers: Readonly<Record<string, Handler>>;
  readonly intents: Readonly<Record<string, Lowering>>;
  /** One for each kind that it can prove. */
  readonly provers?: Readonly<Record<string, Prover>>;
  /** Proofs that nobody has to declare: they follow from the native objects. */
  proofs?(context: ProofContext): readonly Proof[];
  connect(source: DataSource, options: ConnectOptions): Promise<Session>;
  /** How it is backed up, by the tool that a BackupSchedule names; absent where it cannot be. */
  readonly backups?: Readonly<Record<string, BackupTool>>;
  /** Tests a connection step by step, its secrets being resolved. */
  diagnose(source: DataSource, options: DiagnoseOptions): AsyncIterable<ConnectionStep>;
  /** How it is measured; absent where the engine cannot be. */
  readonly health?: HealthEngine;
  /** The statement that makes unqualified names of the user's text mean what they should in a schema. */
  enter(scope: string | undefined, context: PlanContext): Sql;
  /** How it works out who can do what; absent where it has no privileges. */
  readonly access?: AccessEngine;
  /** What the engine will make by itself when these are created, such as grants by default privileges. */
  implied?(created: readonly DataObject[], context: PlanContext): Catalog;
  /** The kinds whose objects are probes: they hold secrets or rows. */
  isProbe(object: DataObject): boolean;
  /**
   * What its documents ask of other data sources, such as a role that looks up passwords: documents with `dataSource`. What
   * is asked of one that is not declared is left out.
   */
  asks?(source: DataSource, documents: readonly Document[], sources: readonly DataSource[]): readonly Document[];
  /** What was found, as it will be once the plans of data sources that it leads to have run. */
  foresee?(found: Catalog, before: ChangesElsewhere): Catalog;
  /** Is it built in, so that a reference to it needs no declaration? */
  isBuiltIn(kind: string, name: string): boolean;
}

/** What is planned for other data sources, by their names. */
export type ChangesElsewhere = ReadonlyMap<
  string,
  readonly { readonly address: Address; readonly fields?: readonly FieldChange[] }[]
>;

export interface HealthEngine {
  /** What it measures where there is something to measure. */
  readonly measures: readonly MeasureName[];
  open(source: DataSource, options: ConnectOptions): Promise<Monitor>;
}

/** A connection that is kept for measuring. */
export interface Monitor {
  readonly target: Pick<Target, "engine" | "location" | "version" | "user" | "database">;
  /** All of it in a few round trips, however much there is; changes nothing. */
  measure(): Promise<readonly Measurement[]>;
  /** Ends it, whether or not the server still answers. */
  close(): Promise<void>;
}

export interface AccessEngine {
  of(catalog: Catalog, facts: Facts, target: Pick<Target, "versionNumber" | "database">): AccessModel;
  /** Can the change of an object change who can do what? */
  concerns(change: { readonly action: string; readonly fields: readonly FieldChange[]; readonly kind: Kind }): boolean;
  /** Objects that do not exist yet and the role that they will be for, where the object speaks of such. */
  future?(
    object: DataObject,
  ): { readonly role: string; readonly privileges: readonly string[]; readonly of: string } | undefined;
}

/** One step of a connection that is tested. */
export interface ConnectionStep {
  readonly step: string;
  readonly ok: boolean;
  readonly result: string;
  readonly milliseconds: number;
  readonly diagnostic?: Diagnostic;
  /** The result for machines, where it is more than words. */
  readonly facts?: { readonly [name: string]: Json };
}

/**
 * What Terraform asks of a provider, in plain values: the wire (`serve.ts`) knows protocol 6 and no Datumline, a provider
 * knows these types and no wire. https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol
 */

/** A value that Terraform knows only once something else has been applied. */
export const UNKNOWN = Symbol("unknown");

/** There are no numbers: what counts travels as text, so that no precision is lost on the way. */
export type Value = string | boolean | null | typeof UNKNOWN | readonly Value[] | { readonly [key: string]: Value };

/** A value for every attribute of a block; null where none is given. */
export type Values = { readonly [attribute: string]: Value };

export interface Attribute {
  readonly type: "string" | "bool" | readonly ["list" | "map", "string"];
  readonly description: string;
  readonly required?: true;
  readonly optional?: true;
  readonly computed?: true;
  readonly sensitive?: true;
  /** Only in the configuration, never in plan or state. */
  readonly writeOnly?: true;
}

export interface Block {
  readonly version: number;
  readonly description: string;
  readonly attributes: { readonly [name: string]: Attribute };
}

export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly summary: string;
  readonly detail?: string;
  /** Attribute that it is about, which gives it a line of the configuration. */
  readonly attribute?: string;
}

/** What a provider keeps beside a state without showing it, as a text. */
export type Private = string | undefined;

export interface Answer {
  readonly diagnostics: readonly Diagnostic[];
}

export interface PlanRequest {
  /** null for an object that is to be created. */
  readonly prior: Values | null;
  /** null for one that is to be destroyed. */
  readonly proposed: Values | null;
  readonly config: Values | null;
  readonly private: Private;
  /** Terraform's own word for the walk that applies, where it tells. */
  readonly deferralAllowed: boolean;
}

export interface ApplyRequest {
  readonly prior: Values | null;
  readonly planned: Values | null;
  readonly config: Values | null;
  readonly private: Private;
}

export interface State extends Answer {
  readonly state: Values | null;
  readonly private?: Private;
}

export interface Resource {
  readonly schema: Block;
  validate(config: Values): Promise<Answer>;
  /** Every stored state goes through it at the start of every walk; `version` is that of the schema it was stored with. */
  upgrade(state: Values, version: number): Promise<State>;
  read(state: Values, kept: Private): Promise<State>;
  plan(request: PlanRequest): Promise<Answer & { readonly planned: Values | null; readonly private?: Private }>;
  apply(request: ApplyRequest): Promise<State>;
  import(id: string): Promise<State>;
}

export interface DataSource {
  readonly schema: Block;
  validate(config: Values): Promise<Answer>;
  read(config: Values): Promise<State>;
}

export interface Provider {
  readonly schema: Block;
  readonly resources: { readonly [type: string]: Resource };
  readonly dataSources: { readonly [type: string]: DataSource };
  validate(config: Values): Promise<Answer>;
  configure(config: Values): Promise<Answer>;
  /** Terraform was interrupted: what runs ends at the next safe point. */
  stop(): void;
}

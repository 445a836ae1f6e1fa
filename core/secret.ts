/** Where secrets become values, and where everything that leaves the process is kept free of them. */
import { dirname, isAbsolute, join } from "node:path";
import { type Diagnostic, error, type Origin } from "./diagnostic.ts";
import { Refusal } from "./errors.ts";
import type { Kind, Spec } from "./kind.ts";
import { walk } from "./objects.ts";
import type { Schema } from "./schema.ts";
import {
  fieldOf,
  type SecretContext,
  type SecretStore,
  secretOfEnv,
  secretOfExec,
  secretOfFile,
  Unresolved,
} from "./secret-ways.ts";
import { type SecretReference, type StoredSecret, secretPlace } from "./sql.ts";

/** Milliseconds until a command or a secret manager is given up. */
const PATIENCE = 30_000;
/**
 * Shorter ones are not hidden: the gaps that replacing every `a` leaves would make the text unreadable and tell the
 * secret besides. Whoever has such a password has none.
 */
const SHORTEST_HIDDEN = 4;
/**
 * From here on a text that holds the secret holds it on purpose, so it is looked for within words as well. A weaker one
 * (`test`, `data`) is part of many a name, and hidden only where it stands as a word of its own.
 */
const STRONG = 12;
const HIDDEN = "***";

/** How to make the store that a field of a reference speaks of. */
export type SecretStores = Readonly<Partial<Record<keyof SecretReference, () => Promise<SecretStore>>>>;

export interface SecretsOptions {
  /** Secret managers by the field that refers to them, each made when it is first needed. */
  readonly stores?: SecretStores;
  /** Milliseconds until a command or a secret manager is given up. @default 30000 */
  readonly patience?: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths of files start from. */
  readonly cwd: string;
}

/** The secrets of one run: each is resolved once, and hidden in everything that is printed or written from then on. */
export class Secrets {
  readonly #options: SecretsOptions;
  readonly #resolved = new Map<string, Promise<string>>();
  readonly #stores = new Map<keyof SecretReference, Promise<SecretStore> | undefined>();
  readonly #origins = new Map<string, Origin>();
  readonly #hidden = new Set<string>();
  readonly #open = new Set<string>();
  #patterns: { readonly all: RegExp; readonly strong: RegExp } | undefined;

  constructor(options: SecretsOptions) {
    this.#options = options;
  }

  /** Says which document names a secret, for the message when it cannot be resolved. */
  place(reference: SecretReference, origin: Origin | undefined): void {
    if (origin) this.#origins.set(JSON.stringify(reference), origin);
  }

  async resolve(reference: SecretReference): Promise<string> {
    const key = JSON.stringify(reference);
    let value = this.#resolved.get(key);
    if (!value) {
      value = this.#find(reference, this.#origins.get(key));
      this.#resolved.set(key, value);
    }
    return value;
  }

  /** Resolves each anew from now on: a long run may outlive a secret. What was hidden stays hidden. */
  renew(): void {
    this.#resolved.clear();
    // Their tokens end as well.
    this.#stores.clear();
  }

  /** Resolves all of them, so that whatever is wrong with any is told at once. */
  async resolveAll(references: readonly SecretReference[]): Promise<Diagnostic[]> {
    const results = await Promise.allSettled(references.map((reference) => this.resolve(reference)));
    const found = new Map<string, Diagnostic>();
    for (const result of results) {
      if (result.status === "fulfilled") continue;
      if (!(result.reason instanceof Refusal)) throw result.reason;
      for (const diagnostic of result.reason.diagnostics) found.set(JSON.stringify(diagnostic), diagnostic);
    }
    return [...found.values()];
  }

  /** Never to be printed again, whatever form it takes. */
  hide(value: string): void {
    if (value.length < SHORTEST_HIDDEN) return;
    for (const form of formsOf(value)) this.#hidden.add(form);
    const url = urlCredentials(value);
    if (url) for (const part of url) this.hide(part);
    this.#patterns = undefined;
  }

  /**
   * A name that stands openly in what is declared. A password that equals it (`postgres`, on many a laptop) cannot be
   * hidden by taking that word out of every line, and a plan in which a name was replaced would be another plan.
   */
  open(name: string): void {
    this.#open.add(name);
    this.#patterns = undefined;
  }

  /** The text with every secret of the run, and the password of every URL, replaced: for people. */
  redact(text: string): string {
    const withoutUrls = text.includes("://") ? text.replace(URL_PASSWORD, `$1${HIDDEN}@`) : text;
    return withoutUrls.replace(this.#pattern("all"), HIDDEN);
  }

  /**
   * Does a text that machines will read hold a secret in clear? Nothing is replaced in such a text: a plan or a document
   * in which a word was replaced means something else.
   */
  holds(text: string): boolean {
    return text.search(this.#pattern("strong")) >= 0;
  }

  #pattern(which: "all" | "strong"): RegExp {
    if (!this.#patterns) {
      const forms = [...this.#hidden].filter((form) => !this.#open.has(form)).sort((a, b) => b.length - a.length);
      const strong = forms.filter((form) => form.length >= STRONG).map(literally);
      const weak = forms
        .filter((form) => form.length < STRONG)
        .map((form) => `(?<![\\p{L}\\p{N}_])${literally(form)}(?![\\p{L}\\p{N}_])`);
      this.#patterns = { all: anyOf([...strong, ...weak]), strong: anyOf(strong) };
    }
    return this.#patterns[which];
  }

  async #find(reference: SecretReference, origin: Origin | undefined): Promise<string> {
    const { env, cwd, patience = PATIENCE } = this.#options;
    const context: SecretContext = { env, cwd, signal: AbortSignal.timeout(patience) };
    try {
      const value = await Promise.race([this.#fetch(reference, context), outOfTime(reference, context, patience)]);
      this.hide(value);
      return value;
    } catch (problem) {
      throw placed(problem, reference, origin);
    }
  }

  async #fetch(reference: SecretReference, context: SecretContext): Promise<string> {
    const { env, file, exec, ...stored } = reference;
    if (env !== undefined) return secretOfEnv(env, context);
    if (file !== undefined) return secretOfFile(file, context);
    if (exec?.[0] !== undefined) return secretOfExec(exec as readonly [string, ...string[]], context);
    const [way, of] = (Object.entries(stored)[0] ?? []) as [keyof typeof stored, StoredSecret | undefined];
    const store = await this.#store(way);
    if (!store || of === undefined)
      throw new Unresolved(
        "A secret says nothing of where it is",
        "Write `{ env: NAME }`, `{ file: PATH }`, `{ exec: [COMMAND, …] }`, or where a secret manager keeps it.",
      );
    const given = typeof of === "string" ? { id: of } : of;
    const text = await store(given, context);
    this.hide(text);
    return given.key === undefined ? text : fieldOf(text, given.key, `The secret ${secretPlace(reference)}`);
  }

  #store(way: keyof SecretReference): Promise<SecretStore> | undefined {
    if (!this.#stores.has(way)) this.#stores.set(way, this.#options.stores?.[way]?.());
    return this.#stores.get(way);
  }
}

/** Ends the wait for what does not look at the signal itself. */
function outOfTime(reference: SecretReference, { signal }: SecretContext, patience: number): Promise<never> {
  const problem = new Unresolved(
    `The secret ${secretPlace(reference)} was not told within ${patience / 1000} s`,
    reference.exec === undefined
      ? "Check that the secret manager can be reached from here, and that a firewall lets you through."
      : "Run the command by hand to see what it waits for; it can ask nothing of you here. It and what it started were ended.",
  );
  return new Promise((_, fail) => signal.addEventListener("abort", () => fail(problem), { once: true }));
}

/**
 * What went wrong, with the place of the reference. Of what nobody foresaw only the name is told: its words are those of
 * somebody who had the secret in hand.
 */
function placed(problem: unknown, reference: SecretReference, origin: Origin | undefined): Refusal {
  const at = origin && { origin };
  if (problem instanceof Refusal) return new Refusal(problem.diagnostics.map((each) => ({ ...each, ...at })));
  const { message, next } =
    problem instanceof Unresolved
      ? problem
      : new Unresolved(
          `The secret ${secretPlace(reference)} could not be fetched (${(problem as Error | undefined)?.name})`,
          "Try to read it with the command line of the secret manager, as the same user.",
        );
  return new Refusal([error("SECRET_UNRESOLVED", message, { detail: next, ...at })]);
}

/** How a secret may look in a URL, a JSON text or an SQL literal. */
function formsOf(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  return [
    value,
    value.trim(),
    encoded(value),
    json,
    JSON.stringify(json).slice(1, -1),
    value.replaceAll("'", "''"),
  ].filter((form) => form.length >= SHORTEST_HIDDEN);
}

function encoded(value: string): string {
  try {
    return encodeURIComponent(value);
  } catch {
    // A lone surrogate has no encoding.
    return value;
  }
}

const URL_PASSWORD = /\b([a-z][a-z0-9+.-]*:\/\/[^\s:@/?#"']*:)[^\s@/"']*@/gi;

/** What of a connection URL is secret: its password, as written and decoded, wherever it stands. */
function urlCredentials(value: string): string[] | undefined {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return undefined;
  try {
    const url = new URL(value);
    const raw = [url.password, url.searchParams.get("password") ?? "", url.searchParams.get("sslpassword") ?? ""];
    return raw.filter(Boolean).flatMap((part) => [part, decoded(part)]);
  } catch {
    return undefined;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The longest come first: one secret may hold another. */
function anyOf(alternatives: readonly string[]): RegExp {
  return new RegExp(alternatives.length === 0 ? "(?!)" : alternatives.join("|"), "gu");
}

function literally(form: string): string {
  return form.replace(/[\\^$.*+?()[\]{}|/-]/g, (character) => (character === "-" ? "\\x2d" : `\\${character}`));
}

const HOLDS_SECRETS = new WeakMap<Schema, boolean>();

function holdsSecrets(schema: Schema): boolean {
  let known = HOLDS_SECRETS.get(schema);
  if (known === undefined) {
    known = schema.secret === true || Object.values(schema.properties ?? {}).some(holdsSecrets);
    HOLDS_SECRETS.set(schema, known);
  }
  return known;
}

/** The secrets that a spec refers to. */
export function secretsIn(kind: Kind, spec: Spec): SecretReference[] {
  const found: SecretReference[] = [];
  if (!holdsSecrets(kind.schema)) return found;
  walk(kind.schema, spec, ({ schema, value }) => {
    if (schema.secret) found.push(value as SecretReference);
    return undefined;
  });
  return found;
}

/**
 * The spec with files of secrets named from where the command runs. In a document they are named from its folder, which
 * a plan no longer knows.
 */
export function withSecretFiles(kind: Kind, spec: Spec, origin: Origin | undefined): Spec {
  const folder = origin?.file === undefined ? "." : dirname(origin.file);
  if (folder === "." || !holdsSecrets(kind.schema)) return spec;
  return walk(kind.schema, spec, ({ schema, value }) => {
    const { file } = (schema.secret ? value : {}) as SecretReference;
    return file === undefined || isAbsolute(file) ? undefined : { file: join(folder, file) };
  });
}

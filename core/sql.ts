/**
 * SQL is built with the `sql` tag alone. Its holes accept `Sql` and nothing else, so a bare string does not compile;
 * an engine's quoting makes `Sql` of names and values, and `expr` marks text that the user wrote: the one trust boundary.
 */
export class Sql {
  readonly text: string;
  /** Secrets that are put into the text when it runs, and only then. */
  readonly secrets: readonly SecretHole[];

  constructor(text: string, secrets: readonly SecretHole[] = []) {
    this.text = text;
    this.secrets = secrets;
  }
}

/** A place in a statement where a secret goes. */
export interface SecretHole {
  /** Offset in the text, in UTF-16 units. */
  readonly at: number;
  readonly secret: SecretReference;
  /** What the engine makes of the secret before it is sent, such as a password verifier for a role. */
  readonly form: string;
  readonly subject: string;
}

/** Where a secret is, in one of the ways of the fragment `SECRET`. */
export type SecretReference = {
  readonly env?: string;
  readonly file?: string;
  readonly exec?: readonly string[];
  readonly awsSecret?: StoredSecret;
  readonly vault?: StoredSecret;
  readonly gcpSecret?: StoredSecret;
  readonly azureSecret?: StoredSecret;
  readonly kubernetesSecret?: StoredSecret;
};

/** Name of a secret in its store, or that and what else tells it. */
export type StoredSecret = string | { readonly id: string; readonly [field: string]: string | undefined };

/** Where a secret is, in few words: `env WAREHOUSE_PASSWORD`. */
export function secretPlace(reference: SecretReference): string {
  const [way = "nowhere", of] = Object.entries(reference)[0] ?? [];
  const [where] = typeof of === "object" ? ("id" in of ? [of.id] : of) : [of];
  return `${way} ${where ?? ""}`.trimEnd();
}

export function sql(strings: TemplateStringsArray, ...holes: readonly Sql[]): Sql {
  let text = strings[0] as string;
  const secrets: SecretHole[] = [];
  holes.forEach((hole, index) => {
    for (const secret of hole.secrets) secrets.push({ ...secret, at: secret.at + text.length });
    text += hole.text + strings[index + 1];
  });
  return new Sql(text, secrets);
}

/** Text that the user wrote as SQL; taken as it is. */
export function expr(text: string): Sql {
  return new Sql(text);
}

export const EMPTY = new Sql("");

/** A place for a secret; nothing of it is in the text. */
export function secretHole(secret: SecretReference, form: string, subject: string): Sql {
  return new Sql("", [{ at: 0, secret, form, subject }]);
}

export function join(parts: readonly Sql[], separator = ", "): Sql {
  if (parts.length === 1) return parts[0] as Sql;
  let text = "";
  const secrets: SecretHole[] = [];
  parts.forEach((part, index) => {
    if (index > 0) text += separator;
    for (const secret of part.secrets) secrets.push({ ...secret, at: secret.at + text.length });
    text += part.text;
  });
  return new Sql(text, secrets);
}

/** The statement with its secrets put in; `resolve` gives what goes into a hole, quoted. */
export function fill(text: string, secrets: readonly SecretHole[], resolve: (hole: SecretHole) => string): string {
  let result = "";
  let from = 0;
  for (const hole of secrets) {
    result += text.slice(from, hole.at) + resolve(hole);
    from = hole.at;
  }
  return result + text.slice(from);
}

/** A secret by reference: where it is found, never what it is. */
export type Secret = { readonly env: string } | { readonly file: string } | { readonly exec: readonly string[] };

/** Says where a secret is found; it is looked up when connecting and stands in no document, plan or log. */
export const secret = {
  /** An environment variable. */
  env: (name: string): Secret => ({ env: name }),
  /** A file, relative to the declaration; one trailing line break is ignored. */
  file: (path: string): Secret => ({ file: path }),
  /** What a command prints. */
  exec: (...command: readonly [string, ...string[]]): Secret => ({ exec: command }),
} as const;

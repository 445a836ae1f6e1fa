/** A text as a block of YAML, so many spaces further in. */
export function indented(text: string, spaces: number): string {
  return text.replace(/^(?=.)/gm, " ".repeat(spaces));
}

/** A name as Kubernetes and Compose take it. */
export function plainName(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-+|-+$/g, "") || "pgbouncer"
  );
}

/**
 * Names are parsed once into parts; nothing else in the code base splits a name.
 *
 * A reference such as `sales.customer_dim` has as many parts as its kind has; a part that holds a dot, a slash or a
 * double quote is written in double quotes, with inner double quotes doubled, as in SQL. Nothing is folded to lower
 * case: a name means exactly what is written.
 */
const PLAIN = /^[^."/\s]+$/;

/** Writes one part of a name, quoted where it must be. */
export function formatPart(part: string): string {
  return PLAIN.test(part) ? part : `"${part.replaceAll('"', '""')}"`;
}

/** Writes the parts of a name as one reference: `["sales", "customer_dim"]` → `sales.customer_dim`. */
export function formatName(parts: readonly string[]): string {
  return parts.map(formatPart).join(".");
}

/** Parts of a written reference, or undefined when its quotes are not closed or a part is empty. */
export function parseName(text: string): string[] | undefined {
  const dot = text.indexOf(".");
  const isPair = dot > 0 && dot < text.length - 1 && text.indexOf(".", dot + 1) < 0 && !text.includes('"');
  if (isPair) return [text.slice(0, dot), text.slice(dot + 1)];
  if (!text.includes('"')) {
    const parts = text.split(".");
    return parts.every((part) => part.length > 0) ? parts : undefined;
  }
  const parts: string[] = [];
  const token = /"((?:[^"]|"")+)"|([^."]+)/y;
  let at = 0;
  for (;;) {
    token.lastIndex = at;
    const match = token.exec(text);
    if (!match) return undefined;
    parts.push(match[1] === undefined ? (match[2] as string) : match[1].replaceAll('""', '"'));
    at = token.lastIndex;
    if (at === text.length) return parts;
    if (text[at] !== ".") return undefined;
    at += 1;
  }
}

/** The parts of a reference that has been checked before; a broken one here is our own fault. */
export function nameParts(text: string): string[] {
  const parts = parseName(text);
  if (!parts) throw new Error(`internal: not a name: ${text}`);
  return parts;
}

/** The nearest of the known words to a mistyped one, or undefined when none is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/**
 * A configuration as its lines, so that whatever is not changed stays to the letter: comments, order, sections and keys
 * that nobody here knows. https://www.pgbouncer.org/config.html
 */
import { error } from "../../core/diagnostic.ts";
import { Refusal } from "../../core/errors.ts";

interface Line {
  readonly raw: string;
  readonly section: string;
  readonly key?: string;
  readonly value?: string;
}

export type Ini = readonly Line[];

const SECTION = /^\s*\[([^\]]*)\]\s*$/;
const ENTRY = /^\s*("(?:[^"]|"")*"|[^\s=;#%[][^\s=]*)\s*=\s*(.*?)\s*$/;

export function parseIni(text: string): Ini {
  let section = "";
  return text.split("\n").map((raw): Line => {
    const line = raw.replace(/\r$/, "");
    const [, header] = SECTION.exec(line) ?? [];
    if (header !== undefined) section = header;
    const [, name, value] = header === undefined ? (ENTRY.exec(line) ?? []) : [];
    return { raw, section, ...(name !== undefined && { key: unquoted(name), value: value ?? "" }) };
  });
}

export function iniText(ini: Ini): string {
  return ini.map(({ raw }) => raw).join("\n");
}

/** Keys and values of a section; of a key that stands twice the last counts. */
export function entries(ini: Ini, section: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of ini) if (line.section === section && line.key !== undefined) found.set(line.key, line.value ?? "");
  return found;
}

/** Files that it takes in, which are then part of it. */
export function includes(ini: Ini): string[] {
  return ini.flatMap(({ raw }) => /^\s*%include\s+(.*?)\s*$/.exec(raw)?.[1] ?? []);
}

/** With a value for a key, in its place where it has one; without the key where there is no value. */
export function withEntry(ini: Ini, section: string, key: string, value: string | undefined): Ini {
  const isIt = (line: Line): boolean => line.section === section && line.key === key;
  const last = ini.findLastIndex(isIt);
  const line = { raw: entryText(key, value ?? ""), section, key, value: value ?? "" };
  if (last >= 0)
    return ini.flatMap((each, at) => (!isIt(each) ? [each] : at === last && value !== undefined ? [line] : []));
  if (value === undefined) return ini;
  const after = ini.findLastIndex((each) => each.section === section && each.raw.trim() !== "");
  if (after >= 0) return [...ini.slice(0, after + 1), line, ...ini.slice(after + 1)];
  const end = ini.findLastIndex(({ raw }) => raw.trim() !== "") + 1;
  const header = { raw: `[${section}]`, section };
  const gap = end > 0 ? [{ raw: "", section: "" }] : [];
  return [...ini.slice(0, end), ...gap, header, line, { raw: "", section }];
}

/** A key with its value; nothing gets out of its line, wherever it comes from. */
export function entryText(key: string, value: string): string {
  const text = `${quoted(key)} = ${value}`.trimEnd();
  if (!/[\r\n\0]/.test(text)) return text;
  const detail = "Take it out where it is declared; of a pool to a data source, host and database stand there.";
  throw new Refusal([
    error("WRONG_TYPE", `What is to be written of ${JSON.stringify(key)} has a line break`, { detail }),
  ]);
}

/** A name as a key. */
export function quoted(name: string): string {
  return name === "*" || /^[A-Za-z0-9_.-]+$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

export function unquoted(key: string): string {
  return key.startsWith('"') ? key.slice(1, -1).replaceAll('""', '"') : key;
}

/** `host=a port=1 connect_query='select ''x'''`, as databases and users are written. */
export function parsePairs(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, key, single, bare] of text.matchAll(/([^\s=]+)\s*=\s*(?:'((?:[^']|'')*)'|([^\s']*))/g))
    found.set(key as string, single?.replaceAll("''", "'") ?? bare ?? "");
  return found;
}

export function pairsText(pairs: ReadonlyMap<string, string>): string {
  return [...pairs].map(([key, value]) => `${key}=${pairValue(value)}`).join(" ");
}

function pairValue(value: string): string {
  return /^[^\s']+$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`;
}

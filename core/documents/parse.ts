/**
 * From the text of a file to the values of its documents. The words of a parser are never passed on as they are: they
 * quote the text, which may hold a secret.
 */
import { LineCounter, parseAllDocuments, type YAMLError } from "yaml";
import { type Diagnostic, error, type Origin } from "../diagnostic.ts";
import type { Json } from "../schema.ts";
import type { SourceFile } from "./files.ts";
import { jsonLayout } from "./json.ts";

/** One document as it was written, whatever it holds. */
export interface RawDocument {
  readonly value: Json;
  readonly origin: Origin;
}

export interface ParsedFile {
  readonly documents: readonly RawDocument[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses YAML 1.2, or JSON where the name or the text says so. */
export function parseFile(source: SourceFile): ParsedFile {
  const text = source.text.replace(/^\uFEFF/, "");
  if (text.includes("\uFFFD")) {
    return failed(source.file, text, text.indexOf("\uFFFD"), "the file is not UTF-8 text");
  }
  const json = parseJson(text);
  if (json !== undefined) return jsonDocuments(source.file, text, json);
  if (!source.file.toLowerCase().endsWith(".json")) return yamlDocuments(source.file, text);
  const [fault] = jsonLayout(text).faults;
  return failed(source.file, text, fault?.offset ?? 0, fault?.message ?? "not JSON");
}

function parseJson(text: string): Json | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function jsonDocuments(file: string, text: string, root: Json): ParsedFile {
  const values = listed(root);
  // What constructs wrote says itself where each document comes from; nobody looks for a line in it.
  if (values.every((value) => constructOf(value) !== undefined)) {
    return {
      documents: values.map((value) => ({ value, origin: { construct: constructOf(value) as string } })),
      diagnostics: [],
    };
  }
  const lines = linesOf(text);
  const { starts, faults } = jsonLayout(text);
  return {
    documents: values.map((value, index) => ({ value, origin: originOf(value, file, lines, starts[index] ?? 0) })),
    diagnostics: faults.map((fault) => syntax(file, lines, fault.offset, fault.message)),
  };
}

function listed(root: Json): readonly Json[] {
  if (Array.isArray(root)) return root;
  const { kind, documents } = root as { readonly [key: string]: Json };
  return kind === undefined && Array.isArray(documents) ? documents : [root];
}

function constructOf(value: Json): string | undefined {
  if (value === null || typeof value !== "object") return undefined;
  const { $construct: path } = value as { readonly [key: string]: Json };
  return typeof path === "string" ? path : undefined;
}

function originOf(value: Json, file: string, lines: LineCounter, offset: number): Origin {
  const construct = constructOf(value);
  return construct === undefined ? at(file, lines, offset) : { construct };
}

function yamlDocuments(file: string, text: string): ParsedFile {
  const lines = new LineCounter();
  const documents: RawDocument[] = [];
  const diagnostics: Diagnostic[] = [];
  try {
    const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, merge: true, logLevel: "error" });
    if (!Array.isArray(parsed)) return { documents, diagnostics };
    for (const document of parsed) {
      const start = document.contents?.range?.[0] ?? document.range[0];
      const faults = telling([...document.errors, ...document.warnings]);
      diagnostics.push(...faults.map((fault) => syntax(file, lines, fault.pos[0], plainWords(fault))));
      if (faults.length > 0) continue;
      try {
        const value = document.toJS() as Json;
        if (value !== null) documents.push({ value, origin: originOf(value, file, lines, start) });
      } catch {
        diagnostics.push(
          syntax(
            file,
            lines,
            start,
            "an alias (`*name`) or a merge (`<<`) in this document names no anchor before it, or far too much",
          ),
        );
      }
    }
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    diagnostics.push(syntax(file, lines, 0, "nested too deeply"));
  }
  return { documents, diagnostics };
}

/** One fault makes the parser see many behind it; a key that stands twice is a fault of its own. */
function telling(faults: readonly YAMLError[]): YAMLError[] {
  const first = faults.find((fault) => fault.code !== "DUPLICATE_KEY");
  return faults.filter((fault) => fault === first || fault.code === "DUPLICATE_KEY");
}

/** The parser's message up to where it begins to quote the text. */
function plainWords(fault: YAMLError): string {
  const message = fault.message.replace(/(?<=\w): .*| \\.*/s, "");
  return `${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

function failed(file: string, text: string, offset: number, message: string): ParsedFile {
  return { documents: [], diagnostics: [syntax(file, linesOf(text), offset, message)] };
}

function syntax(file: string, lines: LineCounter, offset: number, message: string): Diagnostic {
  const json = file.toLowerCase().endsWith(".json");
  return error("SYNTAX", `Not valid ${json ? "JSON" : "YAML"}: ${message}`, {
    detail: json
      ? "Nothing of this file was taken."
      : "Nothing of this document was taken; the others of the file were.",
    origin: at(file, lines, offset),
  });
}

function at(file: string, lines: LineCounter, offset: number): Origin {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
}

function linesOf(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let offset = text.indexOf("\n"); offset >= 0; offset = text.indexOf("\n", offset + 1))
    lines.addNewLine(offset + 1);
  return lines;
}

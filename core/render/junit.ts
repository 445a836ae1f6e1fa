/**
 * Proofs as the XML that test reporters read: a suite for each data source. What did not hold is a failure; what could
 * not be shown is an error, as for a test that broke; a warning passes, and is told.
 * https://github.com/testmoapp/junitxml
 */
import { place } from "../diagnostic.ts";
import type { ProofResult } from "../proofs/model.ts";
import { codeOf, isFailure, type ProofReport } from "../proofs/report.ts";
import { sampleLines } from "./sample.ts";

export function junit(reports: readonly ProofReport[]): string {
  const all = reports.flatMap(({ results }) => results);
  const suites = reports.map(suite);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="datumline"${counts(all)}>\n${suites.join("")}</testsuites>\n`;
}

function suite({ dataSource, results, target }: ProofReport): string {
  const cases = results.map((result) => testCase(dataSource, result));
  const hostname = attribute("hostname", target.location);
  return `  <testsuite${attribute("name", dataSource)}${counts(results)}${hostname}>\n${cases.join("")}  </testsuite>\n`;
}

function counts(results: readonly ProofResult[]): string {
  const failures = results.filter((result) => result.outcome === "failed" && isFailure(result)).length;
  const errors = results.filter(({ outcome }) => outcome === "not proved").length;
  return ` tests="${results.length}" failures="${failures}" errors="${errors}" skipped="0"${time(results)}`;
}

function time(results: readonly ProofResult[]): string {
  return ` time="${(results.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000).toFixed(3)}"`;
}

function testCase(dataSource: string, result: ProofResult): string {
  const { proof, outcome } = result;
  const { file, line } = proof.origin ?? {};
  const head = [
    attribute("classname", `${dataSource}.${proof.rule}`),
    attribute("name", proof.name),
    file === undefined ? "" : attribute("file", file),
    line === undefined ? "" : attribute("line", `${line}`),
    time([result]),
  ].join("");
  if (outcome === "held") return `    <testcase${head}/>\n`;
  const text = [
    ...(proof.says ? [proof.says] : []),
    ...result.reasons,
    ...sampleLines(result.sample),
    place(proof.origin) ?? "",
  ];
  const body = escaped(text.filter(Boolean).join("\n"));
  const message = attribute("message", result.reasons.join("; "));
  const type = attribute("type", codeOf(result) ?? "");
  const tag = outcome === "not proved" ? "error" : "failure";
  const inside = isFailure(result) ? `<${tag}${message}${type}>${body}</${tag}>` : `<system-out>${body}</system-out>`;
  return `    <testcase${head}>\n      ${inside}\n    </testcase>\n`;
}

function attribute(name: string, value: string): string {
  return ` ${name}="${escaped(value).replaceAll("\n", "&#10;").replaceAll("\t", "&#9;").replaceAll("\r", "&#13;")}"`;
}

/** What XML 1.0 cannot hold at all, lone halves of a surrogate pair included, is replaced. */
function escaped(text: string): string {
  return text
    .replace(FORBIDDEN, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what an XML text must not hold.
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\p{Cs}]/gu;

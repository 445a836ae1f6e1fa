/** Who can do what, in its forms. */
import { type AccessReport, type AccessRow, withoutPaths } from "../access/report.ts";
import { accessRowLine, objectName, roleName, rowsOf } from "../access/words.ts";
import { code, html, prose, table } from "./escape.ts";
import { holesHtml, holesMarkdown, holesText } from "./holes.ts";
import { painter } from "./paint.ts";

export const ACCESS_FORMATS = ["text", "markdown", "json", "csv", "html"] as const;

export type AccessFormat = (typeof ACCESS_FORMATS)[number];

export interface AccessOptions {
  readonly colour?: boolean;
  /** Also on which path each comes. */
  readonly why?: boolean;
  /** By object rather than by role: who can do something with it. */
  readonly byObject?: boolean;
  /** Where the documents that close holes were written. */
  readonly out?: string;
}

export function renderAccess(
  reports: readonly AccessReport[],
  format: AccessFormat,
  options: AccessOptions = {},
): string {
  switch (format) {
    case "text":
      return reports.map((report) => accessText(report, options)).join("\n");
    case "markdown":
      return reports.map((report) => accessMarkdown(report, options)).join("\n");
    case "json":
      return `${JSON.stringify(reports.length === 1 ? reports[0] : { version: 1, reports }, null, 2)}\n`;
    case "csv":
      return accessCsv(reports);
    case "html":
      return accessHtml(reports, options);
  }
}

function basis({ target }: AccessReport): string {
  return target
    ? `${target.engine} ${target.version} at ${target.location}, as ${target.user}`
    : "as declared; nothing was connected to";
}

function accessText(
  report: AccessReport,
  { colour = false, why = false, byObject = false, out }: AccessOptions,
): string {
  const paint = painter(colour);
  const blocks = [...grouped(report.rows, byObject)].map(([title, rows]) =>
    [paint("bold", title), ...lines(rows, why, byObject).map((line) => `  ${line}`)].join("\n"),
  );
  const none = blocks.length === 0 ? ["Nobody can do any of it."] : [];
  const head = `${paint("bold", report.dataSource)}  ${paint("dim", basis(report))}`;
  const holes = holesText(report, out, paint);
  return `${[head, ...blocks, ...none, ...holes].join("\n\n")}\n`;
}

function accessMarkdown(report: AccessReport, { why = false, byObject = false, out }: AccessOptions): string {
  const rows = [...grouped(report.rows, byObject)].map(([title, some]) => [
    code(title),
    lines(some, why, byObject).map(prose).join("<br>"),
  ]);
  const holes = holesMarkdown(report, out);
  const matrix = table([byObject ? "Object" : "Role", "Can"], rows);
  return `${[`### Access: ${code(report.dataSource)}`, prose(basis(report)), matrix, ...holes].join("\n\n")}\n`;
}

function grouped(rows: readonly AccessRow[], byObject: boolean): Map<string, AccessRow[]> {
  const found = new Map<string, AccessRow[]>();
  for (const row of rows) {
    const title = byObject ? (row.object ? objectName(row.object) : "everything") : roleName(row.role);
    const same = found.get(title);
    if (same) same.push(row);
    else found.set(title, [row]);
  }
  return found;
}

function lines(rows: readonly AccessRow[], why: boolean, byObject: boolean): string[] {
  return (why ? rows : withoutPaths(rows)).map(
    (row) => `${byObject ? `${roleName(row.role)}: ` : ""}${accessRowLine(row, why)}`,
  );
}

const HEAD = [
  "data_source",
  "role",
  "object",
  "privileges",
  "columns",
  "classified",
  "by",
  "via",
  "set_role",
  "through",
  "rows",
  "all_rows",
  "no_usage_on",
  "runs_as",
  "future",
];

function accessCsv(reports: readonly AccessReport[]): string {
  const rows = reports.flatMap(({ dataSource, rows: all }) =>
    all.map((row) => [
      dataSource,
      row.role,
      row.object ?? "",
      row.privileges.join(" "),
      (row.columns ?? []).join(" "),
      Object.entries(row.classified ?? {})
        .map(([column, name]) => `${column}=${name}`)
        .join(" "),
      row.by,
      (row.via ?? []).join(" > "),
      row.setRole ? "yes" : "",
      row.through ?? "",
      rowsOf(row),
      row.allRows ?? "",
      row.outside ?? "",
      row.runsAs ?? "",
      row.future ?? "",
    ]),
  );
  return `${[HEAD, ...rows].map((row) => row.map(csv).join(",")).join("\r\n")}\r\n`;
}

/** A spreadsheet takes a cell that starts with one of these for a formula. RFC 4180 for the rest. */
function csv(value: string): string {
  const plain = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

const LETTERS: Readonly<Record<string, string>> = {
  select: "S",
  insert: "I",
  update: "U",
  delete: "D",
  truncate: "T",
  references: "R",
  trigger: "G",
  maintain: "M",
  usage: "u",
  create: "C",
  connect: "c",
  temporary: "t",
  execute: "X",
  "every privilege": "*",
};

const CSS = `body{font:14px/1.45 system-ui,sans-serif;margin:2rem;color:#1f2328}table{border-collapse:collapse;margin:1rem 0}
th,td{border:1px solid #d0d7de;padding:.25rem .5rem;text-align:left;vertical-align:top}th{background:#f6f8fa;position:sticky;top:0}
.part{color:#9a6700}.rows{color:#0969da}.pii{color:#cf222e;font-weight:600}.where{color:#656d76}`;

/** Roles across objects: what is only on some columns, rows or classified is marked, and told in full on hovering. */
function accessHtml(reports: readonly AccessReport[], options: AccessOptions): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Access: ${attribute(reports.map(({ dataSource }) => dataSource).join(", "))}</title>
<style>${CSS}</style>
</head>
<body>
${reports.map((report) => matrix(report, options)).join("\n")}
<p class="where">${Object.entries(LETTERS)
    .map(([privilege, letter]) => `${letter} ${privilege}`)
    .join(
      ", ",
    )}. <span class="part">Some columns only</span>, <span class="rows">some rows only</span>, <span class="pii">classified columns</span>, <span class="where">cannot be named: no USAGE on the schema</span>.</p>
</body>
</html>
`;
}

function matrix(report: AccessReport, { out }: AccessOptions): string {
  const roles = [...new Set(report.rows.map(({ role }) => role))];
  const objects = [...new Set(report.rows.flatMap(({ object }) => object ?? []))].sort();
  const futures = [...new Set(report.rows.flatMap(({ future }) => future ?? []))].sort();
  const cells = new Map<string, AccessRow[]>();
  for (const row of report.rows) {
    const key = `${row.role}\n${row.object ?? row.future ?? ""}`;
    cells.set(key, [...(cells.get(key) ?? []), row]);
  }
  const everything = roles.map((role) => cell(cells.get(`${role}\n`))).join("");
  const line = (key: string, title: string): string =>
    `<tr><th>${attribute(title)}</th>${roles.map((role) => cell(cells.get(`${role}\n${key}`))).join("")}</tr>`;
  return `<h1>${attribute(report.dataSource)}</h1><p class="where">${attribute(basis(report))}</p>
<table><tr><th></th>${roles.map((role) => `<th>${attribute(roleName(role))}</th>`).join("")}</tr>
<tr><th>everything</th>${everything}</tr>
${[...objects.map((object) => line(object, objectName(object))), ...futures.map((future) => line(future, future))].join("\n")}</table>${holesHtml(
    report,
    out,
  )
    .map((part) => `\n${part}`)
    .join("")}`;
}

function cell(rows: readonly AccessRow[] = []): string {
  const parts = rows.map((row) => {
    const letters = row.privileges.map((privilege) => LETTERS[privilege] ?? privilege).join("");
    const mark = markOf(row);
    return `<span class="${mark}" title="${attribute(accessRowLine(row, true))}">${attribute(row.through ? `(${letters})` : letters)}</span>`;
  });
  return `<td>${parts.join(" ")}</td>`;
}

function markOf({ outside, classified, rows, columns, through }: AccessRow): string {
  if (outside !== undefined) return "where";
  if (classified) return "pii";
  if (rows) return "rows";
  return columns || through ? "part" : "";
}

function attribute(text: string): string {
  return html(text).replaceAll('"', "&quot;").replaceAll("'", "&#39;");
}

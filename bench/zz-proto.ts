import { accessRows } from "../core/access/report.ts";
import { postgresql } from "../providers/postgresql/engine.ts";
const dense = process.argv[2] === "dense";
const cat = new Map<any, any>();
const put = (kind: string, at: string, spec: any) => cat.set(`${kind}/${at}`, { kind, spec });
const columns = Array.from({ length: 20 }, (_, i) => ({ name: `column_${i}`, type: "text" }));
for (let s = 0; s < 10; s++) put("Schema", `s${s}`, { name: `s${s}`, owner: "loader" });
put("Role", "loader", { name: "loader" });
for (let g = 0; g < 40; g++) put("Role", `group_${g}`, { name: `group_${g}`, ...(g % 4 && { memberOf: [`group_${g - 1}`] }) });
for (let p = 0; p < 459; p++) put("Role", `person_${p}`, { name: `person_${p}`, login: true, memberOf: dense ? Array.from({length: 10}, (_, s) => `group_${s * 4 + (p % 4)}`) : [`group_${p % 40}`, `group_${(p * 7) % 40}`, `group_${(p * 11) % 40}`].filter((x, i, a) => a.indexOf(x) === i) });
let n = 0;
const grant = (to: string, privileges: string[], table: string, cols?: string[]) => { for (const p of privileges) cat.set(`Grant/${n++}`, { kind: "Grant", spec: { to, privileges: [p], on: { table, ...(cols && { columns: cols }) } } }); };
for (let t = 0; t < 5000; t++) {
  const s = t % 10, table = `s${s}.table_${t}`;
  put("Table", table, { schema: `s${s}`, name: `table_${t}`, columns, owner: "loader", ...(t % 10 === 0 && { rowSecurity: "on" }) });
  grant(`group_${s * 4}`, ["select"], table, columns.slice(0, 15).map((c) => c.name));
  grant(`group_${s * 4 + 1}`, ["select"], table);
  grant(`group_${s * 4 + 2}`, ["insert", "update", "delete"], table);
  grant(`person_${t % 459}`, ["update"], table, ["column_3", "column_4"]);
  grant(`person_${(t * 13) % 459}`, ["select"], table, ["column_19"]);
  if (t % 10 === 0) put("RowPolicy", `${table}/p`, { table, name: "p", to: [`group_${s * 4}`], using: `column_1 = current_user AND ${t} > 0` });
}
const memory = () => Math.round(process.resourceUsage().maxRSS / 1024);
console.log("catalog", cat.size, memory(), "MB");
for (let round = 0; round < 3; round++) {
  const start = performance.now();
  const model = postgresql.access!.of(cat as any, { connectedAs: "postgres" } as any, { versionNumber: 180000, database: "d" });
  const mid = performance.now();
  const rows = accessRows(model, new Map());
  console.log(rows.length, "rows", Math.round(mid - start), Math.round(performance.now() - start), "ms", memory(), "MB");
}

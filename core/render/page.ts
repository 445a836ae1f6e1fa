/** A page that needs nothing else: no script, no other file, nothing loaded. */
import { html } from "./escape.ts";

const CSS = `body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.4rem;margin-bottom:0}h2{font-size:1.1rem;margin-top:2rem}p.where{color:#57606a;margin-top:.2rem}
.verdict{font-weight:600}.hazards{border:2px solid #cf222e;border-radius:6px;padding:.2rem 1rem}.hazard,.error{color:#cf222e;font-weight:600}.warning{color:#9a6700;font-weight:600}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #d0d7de}
details{border-bottom:1px solid #d0d7de;padding:.4rem 0}summary{cursor:pointer}pre{background:#f6f8fa;padding:.6rem;overflow:auto;border-radius:6px}code,pre{font:13px/1.45 ui-monospace,monospace}
.sign{display:inline-block;width:1.4rem;font-weight:700}.create{color:#1a7f37}.alter{color:#9a6700}.replace{color:#8250df}.rename{color:#0969da}.drop{color:#cf222e}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}pre{background:#161b22}td,th,details{border-color:#30363d}p.where{color:#8b949e}}`;

export function page(title: string, body: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${html(title)}</title>
<style>${CSS}</style>
</head>
<body>
${body.join("\n")}
</body>
</html>
`;
}

/**
 * The measured side, as users run it: the built package on plain node. One process for all rounds, so that what is
 * compared with pg_dump is the work and not the start of node; that is measured apart, on the command line. Commands come
 * in as JSON lines, results go out as JSON lines; a fresh connection for each.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const { declare } = await import("../dist/core/documents/declare.js");
const { parseFile } = await import("../dist/core/documents/parse.js");
const { apply } = await import("../dist/core/apply.js");
const { compareWith, plan, probes } = await import("../dist/core/reconcile.js");
const { accessRows } = await import("../dist/core/access/report.js");
const { inOrder } = await import("../dist/core/plan.js");
const { accessReads } = await import("../dist/providers/postgresql/access/facts.js");
const { postgresql } = await import("../dist/providers/postgresql/engine.js");
const { READS } = await import("../dist/providers/postgresql/inspection.js");
const { SHARED } = await import("../dist/providers/postgresql/reads.js");

const source = { name: "bench", engine: "postgresql", connection: {} };

const connect = (url, readOnly) => postgresql.connect(source, { url, readOnly, secret: async () => "" });

function declaration(path) {
  const { documents } = parseFile({ file: path, text: readFileSync(path, "utf8"), hash: "" });
  const read = documents.map(({ value: { $construct: _, kind, ...spec }, origin }) => ({ kind, spec, origin }));
  const { sources } = declare(read, { engines: { get: () => postgresql, names: ["postgresql"] } });
  return { ...sources[0], diagnostics: [] };
}

async function timed(url, readOnly, work) {
  const start = performance.now();
  const session = await connect(url, readOnly);
  try {
    const more = await work(session);
    return { milliseconds: performance.now() - start, ...session.traffic, ...more };
  } finally {
    await session.close();
  }
}

async function planned(engine, { url, json }) {
  const declared = declaration(json);
  return timed(url, true, async (session) => ({ steps: (await plan(session, engine, declared)).steps.length }));
}

const TASKS = {
  plan: (options) => planned(postgresql, options),
  /** Nothing is asked of the server, either, that nothing but access needs; the process is of no use for others after it. */
  planWithoutAccess: (options) => {
    for (const read of accessReads)
      if (!SHARED.includes(read) && READS.includes(read)) READS.splice(READS.indexOf(read), 1);
    return planned({ ...postgresql, access: undefined }, options);
  },
  /** The time of what follows from the inspection, without it. */
  access: ({ url }) =>
    timed(url, true, async (session) => {
      const { catalog, facts, target } = await session.inspect(new Map());
      const start = performance.now();
      const rows = accessRows(postgresql.access.of(catalog, facts, target), new Map());
      return { milliseconds: performance.now() - start, rows: rows.length };
    }),
  inspect: ({ url }) =>
    timed(url, true, async (session) => ({ objects: (await session.inspect(new Map())).catalog.size })),
  fingerprint: ({ url }) =>
    timed(url, true, async (session) => {
      await session.fingerprint();
      return {};
    }),
  /** The statements of the plan, so that psql runs the very same. */
  script: async ({ url, json }) => {
    const session = await connect(url, true);
    try {
      const made = await plan(session, postgresql, declaration(json));
      return {
        script: inOrder(made)
          .map(({ statement: { enter, sql } }) => `${enter ? `${enter};\n` : ""}${sql};\n`)
          .join(""),
      };
    } finally {
      await session.close();
    }
  },
  apply: async ({ url, json }) => {
    const declared = declaration(json);
    const session = await connect(url, true);
    const made = await plan(session, postgresql, declared);
    await session.close();
    return timed(url, false, async (open) => {
      const { statements } = await apply(open, postgresql, made, {
        progress: () => undefined,
        probes: probes(declared.declared, postgresql),
        recheck: async (inspection, ledger) =>
          (await compareWith(open, postgresql, declared, inspection, ledger, [])).steps.map(({ address }) => address),
      });
      return { statements };
    });
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { task, ...options } = JSON.parse(line);
  try {
    const result = await TASKS[task](options);
    process.stdout.write(`${JSON.stringify({ ...result, peak: process.resourceUsage().maxRSS / 1024 })}\n`);
  } catch (problem) {
    process.stdout.write(`${JSON.stringify({ failed: String(problem.stack ?? problem) })}\n`);
  }
}

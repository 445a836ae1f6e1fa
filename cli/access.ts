import type { AccessFilter, AccessReport } from "../core/access/report.ts";
import { accessRows, classesIn } from "../core/access/report.ts";
import type { Address } from "../core/address.ts";
import type { Catalog } from "../core/catalog.ts";
import { type Diagnostic, error } from "../core/diagnostic.ts";
import type { Engine, Inspection } from "../core/engine.ts";
import { Refusal } from "../core/errors.ts";
import { lower } from "../core/lower.ts";
import { nearest } from "../core/names.ts";
import { byType } from "../core/not-modelled.ts";
import { type AccessFormat, renderAccess } from "../core/render/access.ts";
import type { Context } from "./context.ts";
import { type Read, type Ready, readDeclaration } from "./declaration.ts";
import { asksForHoles, closingFolder, holesOf } from "./holes.ts";
import { resolveSecrets, withSessions } from "./sessions.ts";

/** Who can do what: as declared, without a connection; or, with `--url`, in the live system, and what is open there. */
export async function access(context: Context): Promise<number> {
  const { options, output } = context;
  const folder = closingFolder(context);
  const read = await readDeclaration(context, "optional");
  const all = await read.load();
  const privileged = all.filter(({ engine }) => engine.access);
  // Of several data sources those without privileges have nothing to tell.
  const ready = privileged.length > 0 ? privileged : all;
  const reports =
    options.url === undefined ? ready.map((one) => declared(context, one)) : await live(context, ready, read, folder);
  const format = (options.format ?? "text") as AccessFormat;
  const byObject = options.to !== undefined;
  const { why, out } = options;
  output.result(
    renderAccess(reports, format, { colour: output.colour, why, byObject, ...(out !== undefined && { out }) }),
  );
  return 0;
}

function declared(context: Context, { source, engine, declared: catalog }: Ready): AccessReport {
  const { desired } = lower(catalog, engine, undefined);
  const facts = { connectedAs: source.connection.user ?? "" };
  // Offline nobody knows the version; what it changes is told by a plan.
  return report(context, source.name, engine, desired, desired, { facts, target: undefined });
}

async function live(
  context: Context,
  all: readonly Ready[],
  { reached }: Read,
  folder: ReturnType<typeof closingFolder>,
): Promise<AccessReport[]> {
  await resolveSecrets(context, all, "connection");
  return withSessions(context, all, true, (opened) =>
    Promise.all(
      opened.map(async ({ ready, session }) => {
        const inspection = await session.inspect(new Map());
        const native = lower(ready.declared, ready.engine, inspection);
        const { source, engine } = ready;
        const found = report(context, source.name, engine, inspection.catalog, native.desired, inspection);
        if (!asksForHoles(context)) return found;
        const holes = await holesOf({ ready, inspection, native }, reached, folder);
        return { ...found, holes, notModelled: byType(inspection.notModelled) };
      }),
    ),
  );
}

function report(
  { options }: Context,
  dataSource: string,
  engine: Engine,
  catalog: Catalog,
  declaredNow: Catalog,
  { facts, target }: { readonly facts: Inspection["facts"]; readonly target: Inspection["target"] | undefined },
): AccessReport {
  if (!engine.access)
    throw new Refusal([error("NOT_SUPPORTED", `The engine ${engine.name} has no privileges to tell of`)]);
  const model = engine.access.of(catalog, facts, target ?? { versionNumber: Number.MAX_SAFE_INTEGER });
  const problems: Diagnostic[] = [];
  const role = options.as === undefined ? undefined : named(options.as, model.roles, "role", problems);
  const object = options.to === undefined ? undefined : objectNamed(options.to, model.objects, problems);
  const { classification, column } = options;
  const objects = object === undefined ? model.objects : [object];
  if (classification !== undefined) named(classification, classesOf(declaredNow), "class", problems);
  if (column !== undefined && problems.length === 0 && !isShownByView(column, objects, catalog))
    named(column, [...new Set(objects.flatMap((one) => model.columns(one) ?? []))], "column", problems);
  if (problems.length > 0) throw new Refusal(problems, 1);
  const filter: AccessFilter = {
    ...(role !== undefined && { role }),
    ...(object !== undefined && { object }),
    ...(column !== undefined && { column }),
    ...(classification !== undefined && { classification }),
  };
  return { version: 1, dataSource, ...(target && { target }), rows: accessRows(model, declaredNow, filter) };
}

function named(name: string, known: readonly string[], what: string, problems: Diagnostic[]): string {
  if (!known.includes(name)) {
    const near = nearest(name, known);
    problems.push(
      error("UNKNOWN_REFERENCE", `There is no ${what} ${name}`, {
        detail: near === undefined ? `Known are ${known.slice(0, 20).join(", ") || "none"}.` : `Did you mean ${near}?`,
      }),
    );
  }
  return name;
}

function classesOf(declared: Catalog): string[] {
  return [
    ...new Set(
      [...declared.keys()].flatMap((of) => Object.values(classesIn(declared, of, undefined).classified ?? {})),
    ),
  ];
}

/** Which columns a view has is known to the server alone; its text is searched for the name. */
function isShownByView(column: string, objects: readonly Address[], catalog: Catalog): boolean {
  return objects.some((of) => {
    const object = catalog.get(of);
    return object?.kind.endsWith("View") && JSON.stringify(object.spec).includes(column);
  });
}

/** An address, or a name that only one object has. */
function objectNamed(text: string, objects: readonly Address[], problems: Diagnostic[]): Address {
  const found = objects.filter((of) => of === text || of.slice(of.indexOf("/") + 1) === text);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (found.length > 1)
    problems.push(
      error("UNKNOWN_REFERENCE", `${text} is the name of several objects`, {
        detail: `Say which: ${found.join(", ")}.`,
      }),
    );
  else
    named(
      text,
      objects.map((of) => of.slice(of.indexOf("/") + 1)),
      "object",
      problems,
    );
  return text as Address;
}

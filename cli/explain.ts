/** What a code means; why an object is planned as it is. */

import { type Address, kindOf, readable } from "../core/address.ts";
import type { DataObject } from "../core/catalog.ts";
import { kindOfObject } from "../core/change.ts";
import { CODES } from "../core/codes.ts";
import { error, place } from "../core/diagnostic.ts";
import type { Inspection } from "../core/engine.ts";
import { Refusal } from "../core/errors.ts";
import { KINDS } from "../core/kinds/index.ts";
import type { LedgerEntry } from "../core/ledger.ts";
import { lower } from "../core/lower.ts";
import { nearest } from "../core/names.ts";
import { pathKey, rewrittenTexts } from "../core/objects.ts";
import { ownership } from "../core/ownership.ts";
import type { Plan, Step } from "../core/plan.ts";
import { compareWith, probes } from "../core/reconcile.ts";
import { brief } from "../core/render/values.ts";
import type { Json } from "../core/schema.ts";
import { shellWord } from "../core/shell.ts";
import { judge } from "../policies/judge.ts";
import type { Context } from "./context.ts";
import { readDeclaration } from "./declaration.ts";
import { declarationOf, type Opened, resolveSecrets, withSessions } from "./sessions.ts";

export async function explain(context: Context): Promise<number> {
  const { operands, output } = context;
  const asked = operands.join(" ").trim();
  if (Object.hasOwn(CODES, asked.toUpperCase())) {
    const code = asked.toUpperCase() as keyof typeof CODES;
    output.result(`${code}\n  ${CODES[code]}\n`);
    return 0;
  }
  const address = addressFrom(asked);
  if (!address) throw unknownCode(asked);
  const read = await readDeclaration(context);
  const ready = await read.load();
  await resolveSecrets(context, ready);
  const found = await withSessions(context, ready, true, (opened) =>
    Promise.all(opened.map((one) => explainIn(context, one, address))),
  );
  const texts = found.filter((text) => text !== undefined);
  if (texts.length === 0) {
    const detail =
      "It is neither declared nor there. An address reads `Table/sales.customer_dim`; `datumline plan --verbose` lists them.";
    throw new Refusal([error("UNKNOWN_REFERENCE", `There is no ${readable(address)}`, { detail })]);
  }
  output.result(texts.join("\n"));
  return 0;
}

/** `Table/sales.customer_dim`, or as people read it: `Table sales.customer_dim`. */
function addressFrom(text: string): Address | undefined {
  const parts = /^(\w+)[/ ](.+)$/s.exec(text);
  return parts && KINDS.has(parts[1] as string) ? (`${parts[1]}/${parts[2]}` as Address) : undefined;
}

function unknownCode(text: string): Refusal {
  const codes = Object.keys(CODES);
  const near = nearest(text, [...codes, ...KINDS.keys()]) ?? codes.find((code) => code.startsWith(text.toUpperCase()));
  const detail = `${near === undefined ? "" : `Did you mean ${near}? `}A code reads LOOKS_LIKE_RENAME, an address Table/sales.customer_dim.`;
  return new Refusal([error("USAGE", `${text} is neither a code nor an address`, { detail })]);
}

interface Sides {
  readonly address: Address;
  readonly declared: DataObject | undefined;
  readonly live: DataObject | undefined;
  readonly entry: LedgerEntry | undefined;
  readonly step: Omit<Step, "statements"> | undefined;
}

async function explainIn(context: Context, { ready, session }: Opened, address: Address): Promise<string | undefined> {
  const { source, engine, declared } = ready;
  const declaration = declarationOf(context, ready);
  const inspection = await session.inspect(probes(declared, engine));
  const ledger = await session.ledger?.entries("all");
  const plan = await compareWith(session, engine, declaration, inspection, ledger, judge);
  const { desired } = lower(declared, engine, inspection);
  const intent = declared.get(address);
  if (intent && !kindOfObject(intent).planned)
    return `${readable(address)} (${source.name})\n  declared at ${place(intent.origin) ?? "?"}; nothing is planned for it: ${kindOfObject(intent).proves ? `\`datumline test --only ${shellWord(address)}\` tries it` : "it judges what is"}\n`;
  if (intent && !desired.has(address)) {
    const made = [...desired]
      .filter(([, object]) => object.intent === address)
      .map(([at]) => `  ${readable(at)}: ${outcome(plan, at)}`);
    return `${readable(address)} (${source.name})\n  declared at ${place(intent.origin) ?? "?"}; it becomes\n${made.join("\n")}\n`;
  }
  const sides: Sides = {
    address,
    declared: desired.get(address),
    live: inspection.catalog.get(address),
    entry: ledger?.get(address),
    step: stepOf(plan, address),
  };
  if (!sides.declared && !sides.live && !sides.entry) return undefined;
  const object = (sides.declared ?? sides.live) as DataObject | undefined;
  const mode = object && ownership(source, declared, context.options.mode).mode(kindOfObject(object), object.spec);
  return [
    `${readable(address)} (${source.name})`,
    `  declared  ${declaredWhere(sides.declared)}`,
    `  live      ${sides.live ? `in ${location(inspection)}` : `not in ${location(inspection)}`}`,
    `  ledger    ${knownTo(sides.entry, ledger !== undefined)}`,
    ...(mode ? [`  mode      ${mode}`] : []),
    `  planned   ${outcome(plan, address)}`,
    ...fieldLines(sides),
    "",
  ].join("\n");
}

function location({ target }: Inspection): string {
  return target.location;
}

function stepOf(plan: Plan, address: Address): Omit<Step, "statements"> | undefined {
  return [...plan.steps, ...plan.observed].find((step) => step.address === address);
}

function declaredWhere(object: DataObject | undefined): string {
  if (!object) return "no";
  const where = place(object.origin);
  return [object.intent ? `by ${readable(object.intent)}` : "yes", ...(where ? [`at ${where}`] : [])].join(", ");
}

function knownTo(entry: LedgerEntry | undefined, exists: boolean): string {
  if (!exists) return "none is kept";
  if (!entry) return "does not know it: it was never applied";
  if (entry.made === true) return "applied before, made by Datumline";
  const parts = entry.made.length > 0 ? `; Datumline added ${entry.made.join(", ")}` : "";
  return `applied before, found as it was and not made by Datumline${parts}`;
}

function outcome(plan: Plan, address: Address): string {
  const step = plan.steps.find((one) => one.address === address);
  if (step) return step.reason ? `${step.action}: ${step.reason}` : step.action;
  const observed = plan.observed.find((one) => one.address === address);
  if (observed) return `nothing: it differs (${observed.action}), and its scope is only observed`;
  const unmanaged = plan.unmanaged.filter((one) => one.address === address);
  if (unmanaged.some(({ element }) => element === undefined))
    return "nothing: nobody declares it, and its scope is not authoritative";
  const elements = unmanaged.flatMap(({ element }) => element ?? []);
  if (elements.length > 0) return `nothing: what others added stays (${elements.join(", ")})`;
  return "nothing: it is as declared";
}

/** Each field that differs, and each text that the server spells in its own way, as all sides have it. */
function fieldLines({ address, declared, live, entry, step }: Sides): string[] {
  const kind = KINDS.get(kindOf(address));
  if (!kind || !declared) return [];
  const written = rewrittenTexts(kind, declared.spec);
  const there = live ? rewrittenTexts(kind, live.spec) : new Map<string, string>();
  const applied = entry ? rewrittenTexts(kind, entry.applied) : new Map<string, string>();
  const changes = new Map((step?.fields ?? []).map((field) => [pathKey(field.path), field]));
  const differing = [...there]
    .filter(([path, text]) => written.has(path) && written.get(path) !== text)
    .map(([path]) => path);
  return [...new Set([...changes.keys(), ...differing])].flatMap((path) => {
    const change = changes.get(path);
    const sides: readonly (readonly [string, Json | undefined])[] = [
      ["as written", written.get(path)],
      ["declared", change?.to],
      ["last applied", applied.get(path)],
      ["live", change ? change.from : there.get(path)],
    ];
    const lines = sides
      .filter(([name, value]) => value !== undefined || (change && (name === "declared" || name === "live")))
      .map(([name, value]) => `    ${name.padEnd(13)} ${shown(value)}`);
    return ["", `  ${path}${change ? " differs" : " is the same, in the server's words"}`, ...lines];
  });
}

function shown(value: Json | undefined): string {
  return typeof value === "string" ? value.replaceAll("\n", `\n${" ".repeat(18)}`) : brief(value);
}

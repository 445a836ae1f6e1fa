import type { Address } from "./address.ts";
import type { Work } from "./cascade.ts";
import type { Catalog, DataObject } from "./catalog.ts";
import { kindOfObject } from "./change.ts";
import { diffSpec } from "./diff.ts";
import type { Engine, PlanContext, Statement } from "./engine.ts";
import type { Ownership } from "./ownership.ts";
import type { Unwanted } from "./unwanted.ts";

/**
 * What the engine makes by itself beside an object that is made, such as grants by default privileges, is taken back in
 * the same run where it is not wanted: where the scope is authoritative or a declared restriction forbids it, and
 * wherever an object only comes back as it was.
 */
export function withoutImplied(
  works: ReadonlyMap<Address, Work>,
  engine: Engine,
  context: PlanContext,
  ownership: Ownership,
  forbidden: Unwanted,
): ReadonlyMap<Address, Work> {
  const made = (action: "create" | "replace"): DataObject[] =>
    [...works.values()].flatMap(({ change }) => (change.action === action && change.after ? [change.after] : []));
  const [created, replaced] = [made("create"), made("replace")];
  if (!engine.implied || created.length + replaced.length === 0) return works;
  const result = new Map(works);
  const unwanted = (object: DataObject): boolean => {
    const kind = kindOfObject(object);
    const mode = ownership.mode(kind, object.spec);
    return mode === "authoritative" || (mode !== "observe" && forbidden.has(kind.address(object.spec)));
  };
  take(engine.implied(created, context), unwanted, result, engine, context);
  take(engine.implied(replaced, context), () => true, result, engine, context);
  return result;
}

function take(
  implied: Catalog,
  unwanted: (object: DataObject) => boolean,
  works: Map<Address, Work>,
  engine: Engine,
  context: PlanContext,
): void {
  const after = { ...context, isNew: (of: Address) => context.isNew(of) || works.get(of)?.change.action === "replace" };
  for (const [address, object] of implied) {
    const handler = engine.handlers[object.kind];
    if (!handler) continue;
    const kind = kindOfObject(object);
    const work = works.get(address);
    const stays = work?.change.action === "drop" ? undefined : context.live.get(address);
    const wanted = context.desired.get(address) ?? stays;
    if (wanted) {
      const fields = diffSpec(kind.schema, object.spec, wanted.spec);
      const altering =
        fields.length > 0
          ? handler.alter({ before: object.spec, after: wanted.spec, fields, computed: {} }, after)
          : [];
      if (work && altering !== "replace")
        works.set(address, { ...work, statements: [...work.statements, ...last(altering)] });
    } else if (work)
      works.set(address, { ...work, statements: [...work.statements, ...last(handler.drop(object.spec, after))] });
    else if (unwanted(object)) {
      const reason = "given by default privileges, and not declared";
      const change = { address, action: "drop", kind, before: object, fields: [], computed: {}, reason } as const;
      works.set(address, { change, statements: last(handler.drop(object.spec, after)) });
    }
  }
}

/** Once it is there. */
function last(statements: readonly Statement[]): Statement[] {
  return statements.map((statement) => ({ ...statement, phase: "expose" }));
}

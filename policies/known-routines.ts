/** Functions as they will be: as they are declared, and otherwise as they are there and stay. */
import type { Judged } from "../core/guardrail.ts";
import { functionAddress, type Routine } from "../core/routine.ts";
import type { Specs } from "../core/specs.ts";
import { objectsOf } from "./objects.ts";

/** Without those of extensions, which are the extensions' business. */
export function routinesOf({ desired, live, inspection }: Judged): Routine[] {
  const found = new Map<string, Routine>();
  for (const routine of inspection?.routines ?? []) {
    const at = functionAddress(routine.signature);
    const goes = inspection?.catalog.has(at) && !live.has(at);
    if (!routine.inExtension && !goes) found.set(at, routine);
  }
  for (const { address, spec } of objectsOf("Function", desired))
    found.set(address, declared(spec, address.slice(address.indexOf("/") + 1), found.get(address)));
  return [...found.values()];
}

function declared(spec: Specs["Function"], signature: string, there: Routine | undefined): Routine {
  const { schema, name, owner, security, volatility, leakproof, settings, returns = "" } = spec;
  return {
    signature,
    schema,
    name,
    owner: owner ?? there?.owner ?? "its owner",
    asOwner: security === "definer",
    fixedPath: settings?.search_path !== undefined,
    volatility: volatility ?? "volatile",
    leakproof: leakproof ?? false,
    arguments: spec.arguments?.length ?? 0,
    isTrigger: /^\s*(event_)?trigger\s*$/i.test(returns),
    inExtension: false,
  };
}

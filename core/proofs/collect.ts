/** All that is to be proved of a data source: what is declared, what intents ask for, and what follows by itself. */
import { address } from "../address.ts";
import type { DataObject } from "../catalog.ts";
import type { Engine, ProofContext, Prover } from "../engine.ts";
import { matchesAny } from "../ownership.ts";
import type { AccessTest, QualityCheck } from "../specs.ts";
import type { AccessClaim, Proof } from "./model.ts";

export function proofsOf(engine: Engine, context: ProofContext): readonly Proof[] {
  const declared: Proof[] = [];
  const wished: Proof[] = [];
  for (const object of context.declared.values()) {
    declared.push(...(engine.provers?.[object.kind]?.proofs(object.spec, object, context) ?? []));
    const proofs = engine.intents[object.kind]?.proofs?.(object.spec, context) ?? [];
    wished.push(...proofs.map((proof) => ({ ...(object.origin && { origin: object.origin }), ...proof })));
  }
  // Checks read whole tables, so they come last: what is quick to tell is told first.
  const all = [...declared, ...wished, ...(engine.proofs?.(context) ?? [])];
  return [...all.filter((proof) => !isCheck(proof)), ...all.filter(isCheck)];
}

function isCheck({ claim }: Proof): boolean {
  return claim.sort === "quality";
}

/** `AccessTest/a name`, as `--only` and reports name a proof. */
export function proofName({ rule, name }: Pick<Proof, "rule" | "name">): string {
  return `${rule}/${name}`;
}

/** Those whose name, with or without its rule, is like one of the patterns. */
export function chosen(proofs: readonly Proof[], patterns: readonly string[]): readonly Proof[] {
  if (patterns.length === 0) return proofs;
  return proofs.filter((proof) => matchesAny(patterns, proof.name) || matchesAny(patterns, proofName(proof)));
}

/** The proof that an AccessTest declares. */
export const accessTests: Prover<AccessTest> = {
  proofs: (spec, object) => {
    const { name, comment, command = "select", plant, on, timeout = "60s", ...rest } = spec;
    const claim: AccessClaim = {
      ...rest,
      sort: "access",
      command,
      timeout,
      ...(on !== undefined && { on }),
      ...(on !== undefined && plant && { plant: [{ into: on, rows: plant }] }),
    };
    return [{ ...declaredBy(name, comment, object), severity: "error", claim }];
  },
};

/** The proof that a QualityCheck declares. */
export const qualityChecks: Prover<QualityCheck> = {
  proofs: (check, object) => {
    const severity = check.severity ?? "error";
    return [{ ...declaredBy(check.name, check.comment, object), severity, claim: { sort: "quality", check } }];
  },
};

function declaredBy(
  name: string,
  comment: string | undefined,
  { kind, origin }: DataObject,
): Omit<Proof, "severity" | "claim"> {
  return {
    rule: kind,
    name,
    address: address(kind, name),
    ...(comment !== undefined && { says: comment }),
    ...(origin && { origin }),
  };
}

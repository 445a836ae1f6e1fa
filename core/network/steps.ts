/** A connection tested step by step, so that the first thing that fails has a name. */
import { lookup } from "node:dns/promises";
import { type Diagnostic, error } from "../diagnostic.ts";
import type { ConnectionStep } from "../engine.ts";

/** What a step showed. */
export type Outcome = Pick<ConnectionStep, "result" | "diagnostic" | "facts">;

/** A step by name. */
export type Step = readonly [name: string, work: () => Promise<Outcome>];

export interface Course {
  /** What was thrown, as the user is to read it. */
  readonly explain: (problem: unknown) => Diagnostic;
  /** Does nothing that follows make sense after this failure? @default after every */
  readonly ends?: (failure: Diagnostic | undefined) => boolean;
}

/** Takes the steps in order; returns whether all that were to be taken were. */
export async function* inTurn(
  steps: readonly Step[],
  { explain, ends = () => true }: Course,
): AsyncGenerator<ConnectionStep, boolean> {
  for (const [step, work] of steps) {
    const started = performance.now();
    const outcome = await work().catch((problem: unknown): Outcome => {
      const diagnostic = explain(problem);
      return { result: diagnostic.summary, diagnostic };
    });
    const milliseconds = Math.round((performance.now() - started) * 10) / 10;
    const ok = outcome.diagnostic?.severity !== "error";
    yield { step, ok, ...outcome, milliseconds };
    if (!ok && ends(outcome.diagnostic)) return false;
  }
  return true;
}

/** The addresses of a host. */
export async function resolveName(host: string): Promise<Outcome> {
  try {
    const addresses = (await lookup(host, { all: true })).map(({ address }) => address);
    return { result: addresses.join(", "), facts: { addresses } };
  } catch (problem) {
    const isBusy = (problem as NodeJS.ErrnoException).code === "EAI_AGAIN";
    const result = isBusy ? `No name server answers for ${host}` : `${host} does not resolve`;
    const detail = isBusy
      ? "Check that this network has a name server, and try again."
      : "Check the spelling, and the name server of this network.";
    return { result, diagnostic: error("CONNECTION_REFUSED", result, { detail }) };
  }
}

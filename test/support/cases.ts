/**
 * Many small cases in few applies: each case has a schema of its own, and all take their steps together. When that
 * fails, each is run by itself, so that the failure names every case that is wrong.
 */
import type { Step } from "../../core/plan.ts";
import type { EmbeddedOptions, EmbeddedPostgres } from "../../scripts/embedded.ts";
import { type Estate, estate, type Options } from "./roundtrip.ts";
import { freshServer } from "./server.ts";

/** Fresh databases on a server of the test file's own, so that roles may have the names that they have. */
export function ownServer(options: EmbeddedOptions): {
  server(): Promise<EmbeddedPostgres>;
  url(): Promise<string>;
  database(): Promise<Estate>;
} {
  let started: Promise<EmbeddedPostgres> | undefined;
  let admin: Estate | undefined;
  let count = 0;
  const server = (): Promise<EmbeddedPostgres> => {
    started ??= freshServer(options);
    return started;
  };
  const url = async (): Promise<string> => {
    const host = await server();
    admin ??= estate(host.url());
    count += 1;
    await admin.query(`CREATE DATABASE d${count}`);
    return host.url({ database: `d${count}` });
  };
  return { server, url, database: async () => estate(await url()) };
}

/** What a case looks like once a state is reached. */
export interface Reached {
  readonly on: Estate;
  /** The case's own schema: `$` in its documents. */
  readonly name: string;
  /** Those of the plan that led there which concern the case. */
  readonly steps: readonly Step[];
}

type Check = (reached: Reached) => unknown;

/** `[name, state, check?, state, check?, …]`; a name that ends in `(15+)` is for that major version and newer. YAML in which `$` stands for the schema of the case (and `$$` for itself), and what then holds. */
export type Case = readonly [string, ...(string | Check)[]];

interface State {
  readonly documents: string;
  readonly check?: Check;
}

/** From nothing to each state in turn, straight back to the first, and to nothing; every second plan is empty. */
export async function takeTurns(
  database: () => Promise<Estate>,
  list: readonly Case[],
  base = "",
  options: Options = {},
): Promise<void> {
  const first = await database();
  const [row] = await first.query("SELECT current_setting('server_version_num')::int / 10000 AS major");
  const cases = list.filter(([name]) => Number(/\((\d+)\+\)$/.exec(name)?.[1] ?? 0) <= Number(row?.major));
  try {
    await turns(first, cases, base, options);
  } catch (problem) {
    const failures: string[] = [];
    for (const one of cases) {
      await turns(await database(), [one], base, options).catch((reason: Error) =>
        failures.push(`${one[0]}: ${said(reason)}`),
      );
    }
    if (failures.length === 0) throw problem;
    throw new Error(failures.join("\n\n"));
  }
}

function said(reason: Error): string {
  const { diagnostics = [], statement } = reason as {
    diagnostics?: readonly { detail?: string }[];
    statement?: string;
  };
  const more = [...diagnostics.map(({ detail }) => detail), statement].filter(Boolean);
  return [reason.message, ...(more.length > 0 ? more : [reason.stack])].join("\n");
}

async function turns(on: Estate, list: readonly Case[], base: string, options: Options): Promise<void> {
  const all = list.map(([, ...rest]) => statesOf(rest));
  const schema = (index: number): string => `c${index}`;
  const documents = (at: number): string => {
    const own = all.map((states, index) =>
      `kind: Schema\nname: $\n---\n${states[Math.min(at, states.length - 1)]?.documents}`.replace(
        /\$\$|\$/g,
        (found) => (found === "$" ? schema(index) : "$"),
      ),
    );
    return [base, ...own].filter(Boolean).join("\n---\n");
  };
  for (let at = 0; at < Math.max(...all.map((states) => states.length)); at += 1) {
    const plan = await on.apply(documents(at), options);
    for (const [index, states] of all.entries()) {
      const name = schema(index);
      const concerns = new RegExp(`[/.]${name}[./_]|/${name}$`);
      await states[at]?.check?.({ on, name, steps: plan.steps.filter(({ address }) => concerns.test(address)) });
    }
  }
  await on.apply(documents(0), options);
  await on.apply("", options);
}

function statesOf(rest: readonly (string | Check)[]): State[] {
  const states: State[] = [];
  for (const item of rest) {
    if (typeof item === "string") states.push({ documents: item });
    else states.push({ ...(states.pop() as State), check: item });
  }
  return states;
}

/** Actions of steps by kind: `["alter Table", "create Index"]`. */
export function actions(steps: readonly Step[]): string[] {
  return steps.map(({ action, address }) => `${action} ${address.slice(0, address.indexOf("/"))}`).sort();
}

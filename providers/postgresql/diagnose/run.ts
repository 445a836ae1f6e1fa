/** The order of the steps: the way to the server, the login, the server itself, and what would be better. */
import type { ConnectionOptions as TlsOptions } from "node:tls";
import { type Diagnostic, error } from "../../../core/diagnostic.ts";
import type { ConnectionStep, DiagnoseOptions } from "../../../core/engine.ts";
import { Refusal } from "../../../core/errors.ts";
import { inTurn, type Outcome, type Step } from "../../../core/network/steps.ts";
import type { DataSource } from "../../../core/specs.ts";
import { type Client, type Endpoint, endpoint, open } from "../client.ts";
import { connectionRefusal } from "../failures.ts";
import { advice } from "./advice.ts";
import { connections, latency, type Slots } from "./load.ts";
import { pooler } from "./pooler.ts";
import { leave, type Reached, reachSteps } from "./reach.ts";
import { replicaSteps } from "./replicas.ts";
import { clock, encoding, privileges, version } from "./server.ts";

const QUERIES = 20;

export async function* diagnose(source: DataSource, options: DiagnoseOptions): AsyncIterable<ConnectionStep> {
  let reached: Reached | undefined;
  let client: Client | undefined;
  try {
    const settings = async (): Promise<Outcome> => {
      const at = await endpoint(source, options);
      reached = { at };
      return { result: `${at.user}@${at.host}:${at.port}/${at.database}` };
    };
    if (!(yield* inTurn([["settings", settings]], { explain: explained("the server") })) || !reached) return;
    const { at } = reached as Reached;
    const explain = explained(`${at.host}:${at.port}`);
    const login = async (): Promise<Outcome> => {
      const { opened, attempt } = await loggedIn(reached as Reached);
      client = opened;
      return { result: `as ${at.user}${attempt > 1 ? `, at attempt ${attempt}` : ""}`, facts: { attempt } };
    };
    if (!(yield* inTurn([...reachSteps(reached, source), ["login", login]], { explain })) || !client) return;
    const session = client as Client;
    const replicas = replicaSteps(source, at, session);
    let slots: Slots | undefined;
    const steps: readonly Step[] = [
      ["server", () => version(session)],
      ["privileges", () => privileges(session)],
      ["pooler", () => pooler(session, at)],
      ["encoding", () => encoding(session)],
      ["clock", () => clock(session)],
      ["latency", () => latency(session, source, options.queries ?? QUERIES)],
      [
        "connections",
        () =>
          connections(session, { ...options, source }, (found) => {
            slots = found;
          }),
      ],
      ...replicas,
    ];
    // What stands on a connection that is lost tells nothing more.
    const ends = (failure: Diagnostic | undefined): boolean => failure?.code === "CONNECTION_FAILED";
    if (!(yield* inTurn(steps, { explain, ends }))) return;
    yield* inTurn(await advice({ reached, client: session, source, slots }), { explain });
  } finally {
    if (reached) leave(reached);
    await client?.end();
  }
}

function explained(where: string): (problem: unknown) => Diagnostic {
  return (problem) => connectionRefusal(problem, where).diagnostics[0] as Diagnostic;
}

/** Where the server refuses a login that is not encrypted, and takes the same one encrypted, that is what is told. */
async function loggedIn({ at, greeted }: Reached): Promise<{ readonly opened: Client; readonly attempt: number }> {
  let attempt = 1;
  const tell = (which: number): void => {
    attempt = which;
  };
  try {
    return { opened: await open(at, tell), attempt };
  } catch (problem) {
    const isLogin = problem instanceof Refusal && problem.diagnostics[0]?.code === "LOGIN_FAILED";
    const mayDiffer = isLogin && at.config.ssl === false && greeted?.offersTls;
    if (!mayDiffer || !(await takesEncrypted(at))) throw problem;
    const detail =
      "Set `tls: { mode: verify-full }`, with `tls.ca` where the CA is your own; `require` checks nothing.";
    const summary = `${at.host}:${at.port} takes the login of ${at.user} over TLS only`;
    throw new Refusal([error("TLS_FAILED", summary, { detail })]);
  }
}

async function takesEncrypted(at: Endpoint): Promise<boolean> {
  const ssl: TlsOptions = { rejectUnauthorized: false, checkServerIdentity: () => undefined };
  try {
    await (await open({ ...at, config: { ...at.config, ssl }, retry: { attempts: 1, delay: 0 } })).end();
    return true;
  } catch {
    return false;
  }
}

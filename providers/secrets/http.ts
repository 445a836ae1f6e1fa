/**
 * Questions to a secret manager over HTTP. Nothing of an answer is ever repeated, not even of one that refuses: it comes
 * from who holds the secret. Redirects are not followed, because the token would go along.
 */
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { retried } from "../../core/retry.ts";
import { type SecretContext, Unresolved } from "../../core/secret-ways.ts";

export interface Question {
  readonly url: string;
  /** What is asked for, in words: `the secret prod/warehouse`. */
  readonly about: string;
  /** @default "POST" where there is a body, else "GET" */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Fields of a form, or a JSON object. */
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: Readonly<Record<string, unknown>>;
  /** Certificate authorities to trust in place of the usual ones. */
  readonly ca?: string | undefined;
  /** What to do about a status. */
  readonly next?: Readonly<Record<number, string>>;
}

/** An answer with fields. */
export type Answer = Readonly<Record<string, unknown>>;

/** Asks a manager; throws `Unresolved` unless it answers with a JSON object. `where` says how its address is set. */
export async function ask(manager: string, where: string, question: Question, context: SecretContext): Promise<Answer> {
  const { about, next } = question;
  try {
    const { result } = await retried(() => send(question, context), { attempts: 3, delay: 200 }, mayPass);
    return result;
  } catch (problem) {
    if (problem instanceof Refused) {
      const { status } = problem;
      const reason = REASONS[status] ?? (status >= 500 ? "not available" : "unexpected");
      throw new Unresolved(
        `${manager} answered ${status} (${reason}) when asked for ${about}`,
        next?.[status] ?? NEXT[status] ?? `Check the address (${where}), and how the manager is doing.`,
      );
    }
    const { code = (problem as Error).name } = problem as NodeJS.ErrnoException;
    throw new Unresolved(
      `${manager} could not be asked for ${about} at ${originOf(question.url)}: ${code}`,
      `Check the address (${where}) and the network in between.`,
    );
  }
}

const REASONS: Readonly<Record<number, string>> = {
  400: "it does not understand",
  401: "access denied",
  403: "access denied",
  404: "not there",
  429: "too many requests",
  503: "not available",
};
const NEXT: Readonly<Record<number, string>> = {
  401: "Check the token: it may have expired.",
  403: "Check the token, and that it may read this secret.",
  404: "Check the name of the secret.",
};

class Refused extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`status ${status}`);
    this.status = status;
  }
}

function mayPass(problem: unknown): boolean {
  if (problem instanceof Refused) return problem.status === 429 || problem.status >= 500;
  return ["ECONNRESET", "EPIPE", "EAI_AGAIN"].includes((problem as NodeJS.ErrnoException).code ?? "");
}

async function send({ url, method, headers, form, json, ca }: Question, { signal }: SecretContext): Promise<Answer> {
  const body = form ? new URLSearchParams(form).toString() : json && JSON.stringify(json);
  const type = form ? "application/x-www-form-urlencoded" : "application/json";
  const given = Object.entries({ ...headers, ...(body !== undefined && { "content-type": type }) });
  const options = {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] !== undefined)),
    signal,
    ...(ca !== undefined && { ca }),
  };
  const text = await new Promise<string>((done, fail) => {
    const asking = url.startsWith("https:") ? tlsRequest(url, options) : plainRequest(url, options);
    asking.once("error", fail);
    asking.once("response", (response) => {
      const { statusCode = 0 } = response;
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", fail);
      response.once("end", () =>
        statusCode >= 200 && statusCode < 300
          ? done(Buffer.concat(chunks).toString("utf8"))
          : fail(new Refused(statusCode)),
      );
    });
    asking.end(body);
  });
  return JSON.parse(text) as Answer;
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : "its address";
}

/** A field of an answer that must be there. */
export function textIn(answer: Answer, manager: string, about: string, ...path: readonly string[]): string {
  let value: unknown = answer;
  for (const step of path) value = (value as Answer | undefined)?.[step];
  if (typeof value === "string" && value !== "") return value;
  throw new Unresolved(
    `${manager} answered without ${path.at(-1)} when asked for ${about}`,
    "Check that its address leads to the manager itself, and not to something in front of it.",
  );
}

/** What is fetched at most once in a run, such as a token; again where it could not be had. */
export function once<T>(work: (context: SecretContext) => Promise<T>): (context: SecretContext) => Promise<T> {
  let known: Promise<T> | undefined;
  return (context) => {
    known ??= work(context).catch((problem: unknown) => {
      known = undefined;
      throw problem;
    });
    return known;
  };
}

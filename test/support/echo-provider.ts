/**
 * A provider for tests of the wire alone: `datumline_echo` gives back what it gets, and does on demand what a provider may
 * have to do, by the text in `mode`. There is nothing behind it: what is stored is the state.
 */
import {
  type Attribute,
  type Diagnostic,
  type Provider,
  type Resource,
  UNKNOWN,
  type Values,
} from "../../terraform/plugin/provider.ts";
import { serve } from "../../terraform/plugin/serve.ts";

const optional = (type: Attribute["type"]): Attribute => ({ type, description: "Given back.", optional: true });

const ATTRIBUTES = {
  text: optional("string"),
  flag: optional("bool"),
  list: optional(["list", "string"]),
  map: optional(["map", "string"]),
  mode: optional("string"),
  secret: { type: "string", description: "Never kept.", optional: true, sensitive: true, writeOnly: true },
  /** What the provider saw, of each thing that is not in the state. */
  seen: { type: "string", description: "Known after apply.", computed: true },
  changes: { type: ["list", "string"], description: "Known at plan.", computed: true },
} as const satisfies Readonly<Record<string, Attribute>>;

const schema = { version: 1, description: "Gives back what it gets.", attributes: ATTRIBUTES };
const dataSchema = {
  version: 0,
  description: "Gives back what it gets.",
  attributes: { text: optional("string"), length: { type: "string", description: "Of the text.", computed: true } },
} as const;

const error = (summary: string, attribute?: string): Diagnostic => ({
  severity: "error",
  summary,
  detail: "It was asked to.",
  ...(attribute && { attribute }),
});
const fine = { diagnostics: [] };

let stopped = false;
let greeting = "nobody";

const echo: Resource = {
  schema,
  async validate({ mode, list }) {
    if (list === UNKNOWN) return { diagnostics: [{ severity: "warning", summary: "the list is not known yet" }] };
    if (mode === "invalid") return { diagnostics: [error("the mode is not valid", "mode")] };
    if (mode === "warn") return { diagnostics: [{ severity: "warning", summary: "be warned", attribute: "text" }] };
    return fine;
  },
  async upgrade(state, version) {
    return { ...fine, state: version === schema.version ? { ...state, changes: [] } : null };
  },
  async read(state, kept) {
    if (state.mode === "throw-read") throw new TypeError("thrown in read");
    return { ...fine, state: state.mode === "vanish" ? null : state, private: `${kept ?? "imported"}, read` };
  },
  async plan({ prior, proposed, private: kept }) {
    if (proposed === null) {
      const summary = `it goes, kept ${kept}`;
      return { diagnostics: [{ severity: "warning", summary }], planned: null };
    }
    if (proposed.mode === "throw") throw new TypeError("thrown in plan");
    if (proposed.mode === "throw-later") await thrownLater();
    if (proposed.mode === "mistyped") return { ...fine, planned: { ...proposed, changes: "no list" } };
    if (prior && same(prior, proposed)) return { ...fine, planned: prior, private: kept };
    const changes = Object.values(proposed).includes(UNKNOWN) ? UNKNOWN : [`${prior ? "ALTER" : "CREATE"}\n  it`];
    return { ...fine, planned: { ...proposed, seen: UNKNOWN, changes }, private: "planned" };
  },
  async apply({ prior, planned, config, private: kept }) {
    if (planned === null) return { ...fine, state: null };
    if (planned.mode === "throw-apply") throw new TypeError("thrown in apply");
    if (planned.mode === "fail") return { diagnostics: [error("it failed", "text")], state: prior };
    if (planned.mode === "slow") {
      process.stderr.write(`${JSON.stringify({ "@level": "error", "@message": `slow in process ${process.pid}` })}\n`);
      for (let waited = 0; waited < 30_000 && !stopped; waited += 20) await new Promise((go) => setTimeout(go, 20));
      return { diagnostics: [error(stopped ? "stopped at a safe point" : "not stopped")], state: prior };
    }
    const seen = JSON.stringify({ secret: config?.secret, kept, greeting, length: String(planned.text).length });
    return { ...fine, state: { ...planned, seen }, private: "applied" };
  },
  async import(id) {
    if (id === "nothing") return { diagnostics: [error("there is no such thing")], state: null };
    return { ...fine, state: { text: id } };
  },
};

const provider: Provider = {
  schema: {
    version: 0,
    description: "For tests.",
    attributes: { greeting: optional("string") },
  },
  resources: { datumline_echo: echo },
  dataSources: {
    datumline_echo: {
      schema: dataSchema,
      async validate({ text }) {
        return { diagnostics: text === "wrong" ? [error("the text is wrong", "text")] : [] };
      },
      async read({ text }) {
        return { ...fine, state: { text: text ?? null, length: String(text).length.toString() } };
      },
    },
  },
  async validate() {
    return fine;
  },
  async configure(config) {
    if (config.greeting === "refuse") return { diagnostics: [error("not configured", "greeting")] };
    greeting = String(config.greeting ?? "nobody");
    // What a careless library prints must not reach the handshake.
    console.log("configured");
    return fine;
  },
  stop() {
    stopped = true;
  },
};

function same(prior: Values, proposed: Values): boolean {
  const given = ["text", "flag", "list", "map", "mode"];
  return given.every(
    (name) => !hasUnknown(proposed[name]) && JSON.stringify(prior[name]) === JSON.stringify(proposed[name]),
  );
}

function hasUnknown(value: unknown): boolean {
  return value === UNKNOWN || (typeof value === "object" && value !== null && Object.values(value).some(hasUnknown));
}

/** Where no call waits for it, as from the event of a driver. */
function thrownLater(): Promise<void> {
  setTimeout(() => {
    throw new TypeError("thrown later");
  }, 10);
  return new Promise(() => {});
}

void serve(async () => provider);

/**
 * The house as rules: which folder may import what. `npm run house` checks it, `test/house.test.ts` plants a violation
 * of every rule and expects it to be found.
 */

/** The packages an engine, or what fetches secrets or keeps backups, may load, and only with `import()`: nobody installs the driver of an engine they do not use. */
const DRIVERS = {
  postgresql: ["pg", "@aws-sdk/rds-signer"],
  pgbouncer: ["pg"],
  secrets: ["@aws-sdk/client-secrets-manager"],
  stores: ["@aws-sdk/client-s3"],
};

/** The one engine another engine is built upon. */
const BASES = {
  pgbouncer: "postgresql",
};

/** What the provider speaks Terraform's protocol with; bundled into it, so nothing that a user would have to install. */
const WIRE = ["@grpc/grpc-js", "@msgpack/msgpack", "asn1js", "pbf"];

/** What a kind is written with; anything else of core would tie WHAT an object is to what is done with it. */
const KIND_VOCABULARY = [
  "address",
  "aws-fields",
  "backups/bounds",
  "columns",
  "conditions",
  "fragments",
  "health/thresholds",
  "kind",
  "names",
  "pools/fields",
  "pools/keys",
  "pools/lines",
  "pools/model",
  "role-fields",
  "runner-fields",
  "schedule",
  "schema",
  "source-fields",
];

const oneOf = (names) => `(${names.join("|")})`;
/** A package, installed or not. */
const packages = (...names) => `^(node_modules/)?${oneOf(names)}(/|$)`;
const folders = (...names) => `^${oneOf(names)}/`;

/** Whatever lies in `from` imports only what `allowed` matches, and Node's own modules. */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: "error",
  from: typeof from === "string" ? { path: from } : from,
  to: { pathNot: allowed, dependencyTypesNot: ["core"] },
});

const never = (name, from, path, comment) => ({ name, comment, severity: "error", from, to: { path } });

const engineRules = Object.entries(DRIVERS).map(([engine, drivers]) => {
  const own = [engine, BASES[engine]].filter(Boolean).map((name) => `providers/${name}`);
  return only(
    `providers-${engine}`,
    folders(`providers/${engine}`),
    [folders("core", ...own), packages(...drivers)],
    "An engine knows core, itself, its own driver and the one engine it is built upon.",
  );
});

export default {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-unresolvable",
      comment: "The built package is there only after a build.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: ["^datumline/(constructs|cdktf|cdktn|policies)$", "^\\.\\./dist/"] },
    },
    only(
      "core",
      folders("core"),
      [folders("core"), packages("ajv", "croner", "yaml")],
      "The core knows no engine, driver or door.",
    ),
    only(
      "kinds",
      { path: folders("core/kinds"), pathNot: "^core/kinds/index\\.ts$" },
      [`^core/${oneOf(KIND_VOCABULARY)}\\.ts$`, "^core/specs\\.ts$"],
      "Kinds never import each other: a new kind touches no other kind's file.",
    ),
    ...engineRules,
    only(
      "providers-other",
      { path: "^providers/([^/]+)/", pathNot: folders(...Object.keys(DRIVERS).map((engine) => `providers/${engine}`)) },
      [folders("core", "providers/$1")],
      "An engine without a declared driver knows core and itself.",
    ),
    only(
      "providers-registry",
      "^providers/[^/]+$",
      [folders("core", "providers")],
      "The registry loads engines, no drivers.",
    ),
    only(
      "policies",
      folders("policies"),
      [folders("core", "policies")],
      "A guardrail judges documents and plans, whatever engine.",
    ),
    only(
      "constructs",
      folders("constructs"),
      [folders("core", "constructs"), packages("constructs", "cdktf")],
      "A construct never knows SQL.",
    ),
    never(
      "cdktf-only-in-bridge",
      { pathNot: ["^constructs/bridge\\.ts$", folders("examples", "test", "node_modules")] },
      packages("cdktf", "cdktn"),
      "One file names cdktf, so that it can be replaced.",
    ),
    never(
      "provider-aws-only-in-stacks",
      { pathNot: folders("stacks", "examples", "test", "node_modules") },
      packages("@cdktf"),
      "The AWS provider is 392 MB; who declares a database does not need it.",
    ),
    only(
      "stacks",
      folders("stacks"),
      [folders("constructs", "policies", "stacks"), packages("constructs", "@cdktf/provider-aws")],
      "A stack is composed of constructs.",
    ),
    only(
      "terraform",
      { path: folders("terraform"), pathNot: folders("terraform/plugin") },
      [folders("core", "providers", "policies", "terraform")],
      "The provider leads to the engine, and knows nothing of how Terraform's protocol travels.",
    ),
    only(
      "terraform-plugin",
      folders("terraform/plugin"),
      [folders("terraform/plugin"), packages(...WIRE)],
      "The protocol knows nothing of Datumline.",
    ),
    never(
      "doors-local",
      { path: folders("cli") },
      [folders("constructs", "stacks", "examples", "bench"), packages("constructs")],
      "Doors lead to the engine through core, providers and policies.",
    ),
    never(
      "cli-alone",
      { pathNot: folders("cli", "test", "scripts", "bench") },
      folders("cli"),
      "Nothing is built upon a door.",
    ),
    never(
      "terraform-alone",
      { pathNot: folders("terraform", "test", "scripts", "bench") },
      folders("terraform"),
      "Nothing is built upon a door.",
    ),
    never(
      "examples",
      { path: folders("examples") },
      [
        folders("core", "providers", "policies", "constructs", "stacks", "terraform", "cli"),
        "^(dist|datumline)/(?!((constructs/(index|cdktf|cdktn)|policies/entry)\\.(js|d\\.ts)|constructs|cdktf|cdktn|policies)$)",
      ],
      "An example imports what a user can import: the package by its name.",
    ),
    never(
      "development-only",
      { pathNot: folders("test", "scripts", "bench") },
      folders("test", "scripts", "bench"),
      "What is shipped does not stand on what is not.",
    ),
    {
      name: "no-development-packages",
      comment:
        "A package that is only a devDependency is missing where Datumline is installed; what terraform/plugin uses is bundled.",
      severity: "error",
      from: {
        path: folders("core", "providers", "policies", "constructs", "stacks", "terraform", "cli"),
        pathNot: folders("terraform/plugin"),
      },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["npm", "npm-peer", "npm-optional"] },
    },
  ],
  options: {
    parser: "swc",
    tsPreCompilationDeps: true,
    doNotFollow: { path: "^(node_modules|dist)/" },
    exclude: { path: "^(coverage|cdktf\\.out)/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
      extensions: [".ts", ".js", ".json", ".d.ts"],
    },
  },
};

/**
 * The one file that names cdktf. Below a `TerraformStack` a data source becomes a Terraform resource, which holds all
 * that is declared for it, and the stack's folder gets the provider that applies it.
 * https://developer.hashicorp.com/terraform/cdktf
 */
import { rmSync } from "node:fs";
import { join, relative } from "node:path";
import {
  App,
  dependable,
  Fn,
  type IResolvable,
  type IResolveContext,
  type ISynthesisSession,
  type ITerraformDependable,
  Manifest,
  TerraformProvider,
  TerraformResource,
  type TerraformResourceLifecycle,
  TerraformStack,
  Token,
  Tokenization,
} from "cdktf";
import type { Construct } from "constructs";
import type { ClientName } from "../core/clients/index.ts";
import type { ClientFile } from "../core/clients/model.ts";
import { carry, escaped, laterIn, withFilesFrom } from "./carry.ts";
import { type ClientOptions, settingsFor } from "./clients.ts";
import { DataSource } from "./data-source.ts";
import { askedFolder, DECLARATION, writeDeclaration } from "./declaration.ts";
import { documentsFor, documentsOfSource, pathOf } from "./document.ts";
import { type HandedOn, LOGINS, refuseUnknown } from "./handed-on.ts";
import type { DataSourceProps } from "./kinds.ts";
import type { Later, LaterForm } from "./later.ts";
import { type Link, Links } from "./links.ts";
import { packageVersion } from "./package.ts";
import { layProvider, PROVIDER_SOURCE } from "./provider.ts";
import { refuse } from "./refuse.ts";
import type { Secret } from "./secret.ts";
import { sql as plainSql, SqlText } from "./sql.ts";
import { partsOf, withTokens } from "./token-text.ts";

/** What Terraform is told beside the declaration. */
export interface TerraformOptions {
  /** Hazards that may be applied, such as `DELETES_DATA`; a plan that holds another is refused. */
  readonly allow?: readonly string[];
  /** A plan that drops more than this many objects is refused. */
  readonly maxDrops?: number;
  /** A plan that takes away more than this many privileges is refused. */
  readonly maxRevokes?: number;
  /** Destroying, which drops what Datumline made, is refused until a deploy has set this to false. @default true */
  readonly protect?: boolean | IResolvable;
  /** Plans without a connection: what changes is known after apply, and every plan shows that something may. @default false */
  readonly planOffline?: boolean | IResolvable;
  /** Password of the connection: a token. It is in no plan and no state, so refreshing and destroying go without it. */
  readonly password?: string;
  /** URL of the connection: a token, handed on as a password is. */
  readonly url?: string;
  /** What must be there before; what a token comes from is waited for anyway. */
  readonly dependsOn?: readonly ITerraformDependable[];
  readonly lifecycle?: TerraformResourceLifecycle;
}

/** How a data source is reached, and how much of it is ours to change. Values may be tokens where they name no object. */
export interface DeployedProps extends Omit<DataSourceProps, "password" | "url"> {
  /** By reference, or a token, which is kept in no plan and no state. */
  readonly password?: Secret | string;
  /** By reference, or a token, which is kept in no plan and no state. */
  readonly url?: Secret | string;
  /** For `cdktf deploy`; the command line has options of its own. */
  readonly terraform?: TerraformOptions;
}

/** A data source that is a resource of Terraform where it stands in a stack. */
export abstract class DeployedDataSource extends DataSource {
  readonly #declaration: Declaration | undefined;
  /** What Terraform hands on to log in, so that no document says it. */
  protected readonly handedOn: HandedOn;

  constructor(engine: string, scope: Construct, id: string, { terraform = {}, ...given }: DeployedProps) {
    refuseClear(terraform, pathOf(scope, id));
    super(engine, scope, id, given, TOKENS);
    this.handedOn = LOGINS.filter((field) => (terraform[field] ?? TOKENS.formOf(given[field])) !== undefined);
    this.#declaration = declareInStack(this, terraform, this.handedOn);
  }

  /** The resource that stands for the data source and all below it. */
  get declaration(): TerraformResource {
    return (
      this.#declaration ?? refuse(this.node.path, "There is no TerraformStack above this data source", "Make one.")
    );
  }

  /** The statements that the last apply ran: tokens, as the following. */
  get changes(): string[] {
    return this.declaration.getListAttribute("changes");
  }

  /** What was dangerous about them: `CODE: object: message`. */
  get hazards(): string[] {
    return this.declaration.getListAttribute("hazards");
  }

  /** Who sees or does more, or less, than before them. */
  get access(): string[] {
    return this.declaration.getListAttribute("access");
  }

  /** Hash of what was there after the last apply. */
  get fingerprint(): string {
    return this.declaration.getStringAttribute("fingerprint");
  }

  /** Text that may hold tokens: in a stack it is one itself. */
  protected filled(text: string): string {
    return this.#declaration === undefined ? text : new Filled(text).toString();
  }
}

/** How a PostgreSQL is reached, and how much of it is ours to change. */
export type PostgresDataSourceProps = DeployedProps;

/** A PostgreSQL database and the server that it is on, in a stack. */
export class PostgresDataSource extends DeployedDataSource {
  constructor(scope: Construct, id: string, props: PostgresDataSourceProps = {}) {
    super("postgresql", scope, id, props);
  }

  /**
   * What a client is told of it: `client("sqlalchemy", { user: analyst }).text`. Of what is declared by then; in a stack
   * the text is a token, for outputs, files and containers of Terraform.
   */
  client(name: ClientName, options: ClientOptions = {}): ClientFile {
    const file = settingsFor(this, name, options, this.handedOn.length > 0 ? "elsewhere" : undefined);
    return { ...file, text: this.filled(file.text) };
  }
}

/** How the console of a PgBouncer is reached, and where its files are. */
export type PgBouncerDataSourceProps = DeployedProps;

/** A PgBouncer in a stack, applied after the data sources that its pools lead to. */
export class PgBouncerDataSource extends DeployedDataSource {
  constructor(scope: Construct, id: string, props: PgBouncerDataSourceProps = {}) {
    super("pgbouncer", scope, id, props);
  }
}

/** Where a folder is, and what runs after a change in it. */
export type FilesDataSourceProps = DeployedProps;

/** A folder of files in a stack, applied before the data sources whose backups it runs. */
export class FilesDataSource extends DeployedDataSource {
  constructor(scope: Construct, id: string, props: FilesDataSourceProps = {}) {
    super("files", scope, id, props);
  }
}

/** SQL is written with this tag; text in `sql.literal` may be a token, or hold some. */
export const sql: typeof plainSql = Object.assign((...tagged: Parameters<typeof plainSql>) => plainSql(...tagged), {
  ...plainSql,
  literal: (value: string): SqlText =>
    new SqlText(withTokens(plainSql.literal(value).text, (token) => Fn.replace(token, "'", "''"))),
});

const isNumberToken = (value: number): boolean => Tokenization.reverseNumber(value) !== undefined;

const TOKENS: Later = {
  formOf: (value): LaterForm | undefined => {
    if (typeof value === "string") {
      return partsOf(value, isNumberToken).some((part) => "token" in part) ? "text" : undefined;
    }
    if (typeof value === "number") return isNumberToken(value) ? "number" : undefined;
    if (value === null || typeof value !== "object") return undefined;
    if (Array.isArray(value)) return Token.isUnresolved(value) ? "list" : undefined;
    if (Tokenization.isResolvable(value)) return "other";
    return Token.isUnresolved(value) || Object.keys(value).some((key) => TOKENS.formOf(key)) ? "map" : undefined;
  },
  handedOn: new Set(["connection.password", "connection.url"]),
  asText: (value) => Token.asString(value),
  asNumber: (value) => Token.asNumber(value),
};

/** Text with tokens in it: what is no token is not Terraform's to fill in, though it may look like it. */
class Filled implements IResolvable {
  readonly creationStack: string[] = [];
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  resolve(context: IResolveContext): string {
    // Each token is resolved by itself: cdktf takes what is escaped before one for an expression that the token is in.
    return partsOf(this.#text, isNumberToken)
      .map((part) =>
        "token" in part ? `${context.resolve(part.token)}` : escaped(part.literal).replace(/\$$/, '${"$"}'),
      )
      .join("");
  }

  toString(): string {
    return Token.asString(this);
  }
}

const PROVIDER_ID = "datumline-provider";

class Provider extends TerraformProvider {
  constructor(stack: TerraformStack) {
    const version = packageVersion();
    super(stack, PROVIDER_ID, {
      terraformResourceType: "datumline",
      terraformGeneratorMetadata: {
        providerName: "datumline",
        providerVersion: version,
        providerVersionConstraint: version,
      },
      terraformProviderSource: PROVIDER_SOURCE,
    });
  }
}

class Declaration extends TerraformResource {
  readonly handedOn: HandedOn;
  readonly #source: DataSource;
  readonly #options: TerraformOptions;

  constructor(source: DataSource, options: TerraformOptions, handedOn: HandedOn) {
    // Of this id nothing is seen in the address: it is that of the data source.
    super(source, "Default", {
      terraformResourceType: "datumline_declaration",
      ...(options.dependsOn && { dependsOn: [...options.dependsOn] }),
      ...(options.lifecycle && { lifecycle: options.lifecycle }),
    });
    this.handedOn = handedOn;
    this.#source = source;
    this.#options = options;
  }

  protected override synthesizeAttributes(): { [name: string]: unknown } {
    const { allow, maxDrops, maxRevokes, protect, planOffline, password, url } = this.#options;
    const links = this.#links();
    for (const link of links.from(this.#source)) this.#check(link);
    // The provider runs where Terraform does, in the folder of the stack.
    const { outdir } = App.of(this);
    const up = relative(join(outdir, Manifest.stacksFolder, TerraformStack.of(this).node.id), ".");
    const all = [...documentsOfSource(this.#source), ...links.around(this.#source)];
    const { spec, values, secrets } = carry(withFilesFrom(up, all, TOKENS), this.#source, TOKENS);
    const fill = (value: string | number | undefined): Filled | undefined =>
      value === undefined ? undefined : new Filled(`${value}`);
    return {
      spec,
      values:
        values.size === 0 ? undefined : Object.fromEntries([...values].map(([name, value]) => [name, fill(value)])),
      password: fill(password ?? secrets.get("connection.password")),
      url: fill(url ?? secrets.get("connection.url")),
      allow,
      max_drops: maxDrops === undefined ? undefined : `${maxDrops}`,
      max_revokes: maxRevokes === undefined ? undefined : `${maxRevokes}`,
      protect,
      plan_offline: planOffline,
    };
  }

  /** What a data source points to is there before it, and goes after it. */
  override get terraformMetaArguments(): { [name: string]: unknown } {
    const given = this.#options.dependsOn ?? [];
    const before = this.#links().before(this.#source).flatMap(declarationOf);
    const more = before.filter((each) => !given.includes(each)).map(dependable);
    const dependsOn = [...(this.dependsOn ?? []), ...more];
    return { ...super.terraformMetaArguments, ...(dependsOn.length > 0 && { dependsOn }) };
  }

  #links(): Links {
    const root = this.node.root as Construct;
    return LINKS.get(root) ?? new Links(root);
  }

  #check({ by, to }: Link): void {
    if (TerraformStack.of(to) !== TerraformStack.of(this)) {
      const next = "What refers to one another is planned together: make both in one stack.";
      refuse(by.$construct, `It refers to ${to.name}, which is in another stack`, next);
    }
    refuseUnknown({ by, to }, declarationOf(to)[0]?.handedOn ?? []);
  }

  override toHclTerraform(): never {
    refuse(this.#source.node.path, "Datumline writes no HCL", "Synthesise to JSON: leave out `--hcl`.");
  }
}

function declarationOf(source: DataSource): Declaration[] {
  return source instanceof DeployedDataSource && source.declaration instanceof Declaration ? [source.declaration] : [];
}

/** Secrets that are given to Terraform are tokens: in clear they would stand in the synthesised stack. */
function refuseClear(options: TerraformOptions, path: string): void {
  for (const field of LOGINS) {
    if (options[field] === undefined || TOKENS.formOf(options[field]) !== undefined) continue;
    refuse(
      path,
      `\`terraform.${field}\` must be a token`,
      "In clear it would stand in the synthesised stack; use secret.env, secret.file or secret.exec.",
      "LITERAL_SECRET",
    );
  }
}

function declareInStack(source: DataSource, options: TerraformOptions, handedOn: HandedOn): Declaration | undefined {
  const stack = source.node.scopes.findLast((scope) => TerraformStack.isStack(scope));
  if (!stack) {
    if (!App.isApp(source.node.root)) return undefined;
    refuse(
      source.node.path,
      "There is no TerraformStack above this data source",
      "An App writes stacks; make one inside it.",
    );
  }
  if (!stack.node.tryFindChild(PROVIDER_ID)) new Provider(stack);
  writeWithStack(stack);
  return new Declaration(source, options, handedOn);
}

const WRITING = new WeakSet<TerraformStack>();
/** Of a tree that is being written, and so changes no more: every resource in it asks. */
const LINKS = new WeakMap<Construct, Links>();

function writeWithStack(stack: TerraformStack): void {
  if (WRITING.has(stack)) return;
  WRITING.add(stack);
  const { synthesizer } = stack;
  stack.synthesizer = {
    synthesize: (session) => {
      const root = stack.node.root as Construct;
      LINKS.set(root, new Links(root));
      try {
        synthesizer.synthesize(session);
        write(stack, session);
      } finally {
        LINKS.delete(root);
      }
    },
  };
}

/** The command line wants all that the app declares in one file; Terraform wants each stack's beside its own. */
function write(stack: TerraformStack, session: ISynthesisSession): void {
  const asked = askedFolder();
  const documents = documentsFor(asked === undefined ? stack : (stack.node.root as Construct));
  const [token] = laterIn(documents, TOKENS);
  if (asked !== undefined) {
    if (token) {
      refuse(
        token.construct,
        `\`${token.field}\` is a Terraform token, not a value`,
        "What Terraform knows only later cannot stand in a declaration; write the value itself, or deploy with Terraform.",
      );
    }
    writeDeclaration(asked, documents);
    return;
  }
  const folder = join(session.outdir, session.manifest.forStack(stack).workingDirectory);
  layProvider(folder, packageVersion(), stack.node.path);
  // For who looks at it, and for `datumline plan -f`; with tokens in it, it would say what nobody means.
  if (token) rmSync(join(folder, DECLARATION), { force: true });
  else writeDeclaration(folder, documents);
}

/**
 * The one file that names cdktf. Below a `TerraformStack` a data source becomes a Terraform resource, which holds all
 * that is declared for it, and the stack's folder gets the provider that applies it.
 * https://developer.hashicorp.com/terraform/cdktf
 */
import { rmSync } from "node:fs";
import { join, relative } from "node:path";
import {
  App,
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
import { type FilesDataSourceProps, FilesDataSource as PlainFiles } from "./files.ts";
import type { DataSourceProps } from "./kinds.ts";
import type { Later, LaterForm } from "./later.ts";
import { packageVersion } from "./package.ts";
import { type PgBouncerDataSourceProps, PgBouncerDataSource as PlainPgBouncer } from "./pgbouncer.ts";
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

/** How a PostgreSQL is reached, and how much of it is ours to change. Values may be tokens where they name no object. */
export interface PostgresDataSourceProps extends Omit<DataSourceProps, "password" | "url"> {
  /** By reference, or a token, which is kept in no plan and no state. */
  readonly password?: Secret | string;
  /** By reference, or a token, which is kept in no plan and no state. */
  readonly url?: Secret | string;
  /** For `cdktf deploy`; the command line has options of its own. */
  readonly terraform?: TerraformOptions;
}

/** A PostgreSQL database and the server that it is on, in a stack. */
export class PostgresDataSource extends DataSource {
  readonly #declaration: TerraformResource | undefined;
  /** Terraform hands on how to log in, so that no document says it. */
  readonly #isHandedLogin: boolean;

  constructor(scope: Construct, id: string, props: PostgresDataSourceProps = {}) {
    const { terraform = {}, ...given } = props;
    refuseClear(terraform, pathOf(scope, id));
    super("postgresql", scope, id, given, TOKENS);
    this.#isHandedLogin = (terraform.password ?? terraform.url) !== undefined;
    this.#declaration = declareInStack(this, terraform);
  }

  /** The resource that stands for the data source and all below it. */
  get declaration(): TerraformResource {
    return (
      this.#declaration ?? refuse(this.node.path, "There is no TerraformStack above this data source", "Make one.")
    );
  }

  /**
   * What a client is told of it: `client("sqlalchemy", { user: analyst }).text`. Of what is declared by then; in a stack
   * the text is a token, as the following, for outputs, files and containers of Terraform.
   */
  client(name: ClientName, options: ClientOptions = {}): ClientFile {
    const file = settingsFor(this, name, options, this.#isHandedLogin ? "elsewhere" : undefined);
    return this.#declaration === undefined ? file : { ...file, text: new Filled(file.text).toString() };
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
}

/** A PgBouncer. It is applied beside the data sources that it leads to, and a resource of Terraform is one alone. */
export class PgBouncerDataSource extends PlainPgBouncer {
  constructor(scope: Construct, id: string, props: PgBouncerDataSourceProps = {}) {
    if (App.isApp(scope.node.root)) {
      const next =
        "Declare it with `datumline/constructs` beside the data sources that it leads to, and run `datumline apply`.";
      refuse(pathOf(scope, id), "Terraform applies no pooler", next);
    }
    super(scope, id, props);
  }
}

/** A folder of files. What is installed there belongs to other data sources, and a resource of Terraform is one alone. */
export class FilesDataSource extends PlainFiles {
  constructor(scope: Construct, id: string, props: FilesDataSourceProps = {}) {
    if (App.isApp(scope.node.root)) {
      const next =
        "Declare it with `datumline/constructs` beside the data sources whose backups it runs, and run `datumline apply`.";
      refuse(pathOf(scope, id), "Terraform applies no folder of files", next);
    }
    super(scope, id, props);
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
  readonly #source: DataSource;
  readonly #options: TerraformOptions;

  constructor(source: DataSource, options: TerraformOptions) {
    // Of this id nothing is seen in the address: it is that of the data source.
    super(source, "Default", {
      terraformResourceType: "datumline_declaration",
      ...(options.dependsOn && { dependsOn: [...options.dependsOn] }),
      ...(options.lifecycle && { lifecycle: options.lifecycle }),
    });
    this.#source = source;
    this.#options = options;
  }

  protected override synthesizeAttributes(): { [name: string]: unknown } {
    const { allow, maxDrops, maxRevokes, protect, planOffline, password, url } = this.#options;
    // The provider runs where Terraform does, in the folder of the stack.
    const { outdir } = App.of(this);
    const up = relative(join(outdir, Manifest.stacksFolder, TerraformStack.of(this).node.id), ".");
    const documents = withFilesFrom(up, documentsOfSource(this.#source), TOKENS);
    const { spec, values, secrets } = carry(documents, this.#source.node.path, TOKENS);
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

  override toHclTerraform(): never {
    refuse(this.#source.node.path, "Datumline writes no HCL", "Synthesise to JSON: leave out `--hcl`.");
  }
}

/** Secrets that are given to Terraform are tokens: in clear they would stand in the synthesised stack. */
function refuseClear(options: TerraformOptions, path: string): void {
  for (const field of ["password", "url"] as const) {
    if (options[field] === undefined || TOKENS.formOf(options[field]) !== undefined) continue;
    refuse(
      path,
      `\`terraform.${field}\` must be a token`,
      "In clear it would stand in the synthesised stack; use secret.env, secret.file or secret.exec.",
      "LITERAL_SECRET",
    );
  }
}

function declareInStack(source: DataSource, options: TerraformOptions): Declaration | undefined {
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
  return new Declaration(source, options);
}

const WRITING = new WeakSet<TerraformStack>();

function writeWithStack(stack: TerraformStack): void {
  if (WRITING.has(stack)) return;
  WRITING.add(stack);
  const { synthesizer } = stack;
  stack.synthesizer = {
    synthesize: (session) => {
      synthesizer.synthesize(session);
      write(stack, session);
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

/**
 * The one file that names cdktf: the constructs below a `TerraformStack` write their declaration when the stack is
 * synthesised. https://developer.hashicorp.com/terraform/cdktf
 */
import { join } from "node:path";
import { App, type ISynthesisSession, TerraformStack, Token } from "cdktf";
import type { Construct } from "constructs";
import { askedFolder, writeDeclaration } from "./declaration.ts";
import { documentsOf, type PlainDocument } from "./document.ts";
import { PostgresDataSource as PlainPostgresDataSource, type PostgresDataSourceProps } from "./postgresql.ts";
import { refuse } from "./refuse.ts";

/** A PostgreSQL database and the server that it is on, in a stack. */
export class PostgresDataSource extends PlainPostgresDataSource {
  constructor(scope: Construct, id: string, props: PostgresDataSourceProps = {}) {
    super(scope, id, props);
    writeWithStack(this);
  }
}

const WRITING = new WeakSet<TerraformStack>();

function writeWithStack(source: Construct): void {
  const stack = source.node.scopes.findLast((scope) => TerraformStack.isStack(scope));
  if (!stack) {
    if (!App.isApp(source.node.root)) return;
    refuse(
      source.node.path,
      "There is no TerraformStack above this data source",
      "An App writes stacks; make one inside it.",
    );
  }
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
  const documents = documentsOf(asked === undefined ? stack : (stack.node.root as Construct));
  for (const document of documents) refuseTokens(document);
  writeDeclaration(asked ?? join(session.outdir, session.manifest.forStack(stack).workingDirectory), documents);
}

/** A token is a value that Terraform fills in later; in a declaration it would be taken for the value. */
function refuseTokens(document: PlainDocument): void {
  const check = (value: unknown, path: readonly string[]): void => {
    if (Token.isUnresolved(value)) {
      refuse(
        document.$construct,
        `\`${path.join(".")}\` is a Terraform token, not a value`,
        "What Terraform knows only later cannot stand in a declaration; write the value itself.",
      );
    }
    if (value === null || typeof value !== "object") return;
    for (const [key, inside] of Object.entries(value)) check(inside, [...path, key]);
  };
  check(document, []);
}

/** The clients that can be told of a data source, and how their files open. */
import { error } from "../diagnostic.ts";
import { Refusal } from "../errors.ts";
import { airflow } from "./airflow.ts";
import { dbt } from "./dbt.ts";
import { django } from "./django.ts";
import { env } from "./env.ts";
import { jdbc } from "./jdbc.ts";
import { libpq } from "./libpq.ts";
import type { Client, ClientFile, ClientSettings, Supply } from "./model.ts";
import { nodePg } from "./node-pg.ts";
import { odbc } from "./odbc.ts";
import { type ClientWish, settingsOf } from "./settings.ts";
import { sqlalchemy } from "./sqlalchemy.ts";
import { superset } from "./superset.ts";

/** Every client by the word of `--for`. */
export const CLIENTS = {
  sqlalchemy,
  superset,
  django,
  "node-pg": nodePg,
  jdbc,
  dbt,
  airflow,
  odbc,
  env,
  libpq,
} as const satisfies Readonly<Record<string, Client>>;

export type ClientName = keyof typeof CLIENTS;

/** The file that a client is told by. */
export function clientFile(word: ClientName, wish: ClientWish): ClientFile {
  const client: Client = CLIENTS[word];
  const { title } = client;
  const { engine, name } = wish.source;
  if (!client.engines.includes(engine))
    throw notSupported(
      `${title} cannot connect to ${name}: its engine is ${engine}`,
      `It connects to ${client.engines.join(", ")}. Where this is a pooler, name the data source behind it, and the pool with \`--pool\`.`,
    );
  const settings = settingsOf(wish);
  const reason = client.refuse?.(settings);
  if (reason !== undefined) throw notSupported(`${title} cannot be told of ${name}`, reason);
  const { text, files = [], notes = [] } = client.write(settings);
  const isPartial = !client.replicas && settings.replicas.length > 0;
  const opening = header(client, settings, {
    files: [...settings.files, ...files],
    notes: [
      ...settings.notes,
      ...(isPartial ? ["This client is told of the primary alone, not of its replicas."] : []),
      ...notes,
    ],
  });
  return {
    name: client.file(name.replace(/\W/g, "_")),
    text: `${opening}\n${text}`,
    environment: settings.environment.map((supply) => supply.name),
  };
}

function notSupported(summary: string, detail: string): Refusal {
  return new Refusal([error("NOT_SUPPORTED", summary, { detail })]);
}

/** What stands above the settings: whose they are, what the client must be given, what to know. */
function header(
  { title, comment }: Client,
  { name, environment }: ClientSettings,
  { files, notes }: { readonly files: readonly Supply[]; readonly notes: readonly string[] },
): string {
  const supplies = (what: string, all: readonly Supply[], line: (supply: Supply) => string): string[] =>
    all.length === 0
      ? []
      : [
          "",
          what,
          ...all.flatMap((supply) => [
            `  ${supply.name}: ${supply.holds}`,
            ...(supply.command === undefined ? [] : [`    ${line(supply)}`]),
          ]),
        ];
  const lines = [
    `The data source ${name} for ${title}, rendered by Datumline: change the declaration and render it again.`,
    ...supplies("Variables that must be set:", environment, (of) => `export ${of.name}="$(${of.command})"`),
    ...supplies("Files that must be there, as seen from where it runs:", files, (of) => `${of.command}`),
    ...(notes.length === 0 ? [] : ["", ...notes]),
  ];
  // What would end a line in any language ends it here, so that a name cannot end the comment.
  const comments = lines
    .flatMap((line) => line.split(/[\n\v\f\r\u0085\u2028\u2029]/))
    .map((line) => `${comment} ${line}`.trimEnd());
  return `${comments.join("\n")}\n`;
}

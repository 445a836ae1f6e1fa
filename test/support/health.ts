/** How a data source is, once, as the command tells it. */
import pg from "pg";
import { type Folder, folder } from "./cli.ts";

interface Told {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value?: number;
  readonly unit?: string;
  readonly note?: string;
  readonly missing?: string;
  readonly status?: string;
}

interface Looked {
  readonly code: number;
  readonly err: string;
  readonly out: string;
  readonly status: string;
  readonly score: number;
  readonly diagnostics: readonly { readonly code: string; readonly address?: string }[];
  measure(name: string): Told | undefined;
  measures(name: string): readonly Told[];
}

export const SOURCE = "kind: DataSource\nname: warehouse\nengine: postgresql\nconnection: { url: { env: URL } }\n";

/** A folder that declares `warehouse`, with its `health` and further text. */
export function here(url: string, health = "", more = ""): Folder {
  const at = folder({ URL: url });
  at.write("a.yaml", `${SOURCE}${health === "" ? "" : `health: ${health}\n`}${more}`);
  return at;
}

/** What the command tells of one of the data sources. */
export async function look(at: Folder, name = "warehouse"): Promise<Looked> {
  const { code, out, err } = await at.run("health -f a.yaml --format json");
  if (out === "") throw new Error(err);
  const { dataSources } = JSON.parse(out) as { readonly dataSources: readonly Record<string, unknown>[] };
  const found = dataSources.find(({ dataSource }) => dataSource === name) as unknown as Looked & {
    readonly measures: readonly Told[];
  };
  const measures = (wanted: string): Told[] => found.measures.filter((one) => one.name === wanted);
  return { ...found, code, out, err, measures, measure: (wanted) => measures(wanted)[0] };
}

/** A session that has said this. */
export async function connected(url: string, ...texts: readonly string[]): Promise<pg.Client> {
  const client = new pg.Client(url);
  client.on("error", () => undefined);
  await client.connect();
  for (const text of texts) await client.query(text);
  return client;
}

/** An apply that is killed, interrupted, or not alone: what is there afterwards is whole, and the next plan is the rest. */
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import pg from "pg";
import {
  type Declaring,
  dataSource,
  declaring,
  FAULT_OF_PROVIDER,
  query,
  relations,
  said,
  statements,
} from "./support/declaration.ts";
import { freshDatabase } from "./support/server.ts";
import { describeTerraform, type Running, succeeded } from "./support/terraform.ts";

const TABLE =
  "kind: Schema\nname: sales\n---\nkind: Table\nschema: sales\nname: customer\ncolumns:\n  - { name: id, type: bigint }\n";
const WIDER = `${TABLE}  - { name: email, type: text }\n---\nkind: Table\nschema: sales\nname: product\ncolumns:\n  - { name: id, type: bigint }\n`;
/** The key of the lock that applies wait for. */
const TURN = 3_517_264_101;

const files = (text: string, source = dataSource()) => ({ "a.yaml": source, "b.yaml": text });

async function start(): Promise<Declaring & { url: string }> {
  const url = await freshDatabase();
  const here = await declaring({ env: { DATABASE_URL: url } });
  here.declare({ warehouse: { files: files(TABLE) } });
  succeeded(await here.run("apply", "-auto-approve"));
  here.declare({ warehouse: { files: files(WIDER) } });
  return { ...here, url };
}

/** Holds something that the apply needs until it is released. */
async function holding(url: string, sql: string): Promise<{ release(): Promise<void> }> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(sql);
  return { release: () => client.end() };
}

/** Until as many sessions of Datumline wait for a lock. */
async function waiting(url: string, count: number, running: readonly Running[]): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const [row] = await query(
      url,
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'datumline' AND wait_event_type = 'Lock' AND datname = current_database()",
    );
    if (row?.n === count) return;
    const ended = running.find(({ exitCode }) => exitCode !== null);
    if (ended) throw new Error(`Terraform ended before it waited:\n${ended.printed()}`);
    await sleep(50);
  }
  throw new Error("Nobody waited for the lock");
}

/** The provider of a running Terraform that listens now. */
function providersOf({ pid }: Running): number[] {
  const lines = execFileSync("ps", ["-eo", "pid=,pgid=,args="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const [, process, group, args = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(group) === pid && args.includes("terraform-provider-datumline") ? [Number(process)] : [];
  });
}

describeTerraform("an apply", () => {
  test("whose provider is killed leaves nothing, and the next plan shows the rest", async () => {
    const here = await start();
    const expected = await statements(here);
    const held = await holding(here.url, "BEGIN; LOCK TABLE sales.customer IN ACCESS SHARE MODE");
    const running = here.start("apply", "-auto-approve");
    await waiting(here.url, 1, [running]);
    for (const pid of providersOf(running)) process.kill(pid, "SIGKILL");
    expect((await running.ended).status).toBe(1);
    await held.release();
    await sleep(200);
    expect(await relations(here.url, "sales")).toEqual(["customer"]);
    expect(await statements(here)).toEqual(expected);
    succeeded(await here.run("apply", "-auto-approve"));
    expect(await statements(here)).toEqual([]);
  });

  test("that is interrupted undoes what is not kept, and keeps the state", async () => {
    const here = await start();
    const held = await holding(here.url, "BEGIN; LOCK TABLE sales.customer IN ACCESS SHARE MODE");
    const running = here.start("apply", "-auto-approve");
    await waiting(here.url, 1, [running]);
    running.interrupt("SIGINT");
    await running.until("Interrupt received");
    await sleep(300);
    await held.release();
    const ended = await running.ended;
    expect(ended.status).toBe(1);
    expect(said(ended)).toContain("INTERRUPTED");
    expect(said(ended)).not.toMatch(FAULT_OF_PROVIDER);
    expect(await relations(here.url, "sales")).toEqual(["customer"]);
    succeeded(await here.run("apply", "-auto-approve"));
    expect(await relations(here.url, "sales")).toEqual(["customer", "product"]);
  });

  test("that is interrupted while it waits for its turn ends at once", async () => {
    const here = await start();
    const held = await holding(here.url, `SELECT pg_advisory_lock(${TURN})`);
    const running = here.start("apply", "-auto-approve");
    await waiting(here.url, 1, [running]);
    running.interrupt("SIGINT");
    const ended = await running.ended;
    expect(said(ended)).toContain("INTERRUPTED");
    await held.release();
    expect(await statements(here)).not.toEqual([]);
  });

  test("waits for another of the same database; each then does what it showed", async () => {
    const url = await freshDatabase();
    const other = dataSource().replace("warehouse", "shop");
    const one = await declaring({ env: { DATABASE_URL: url } });
    const two = await declaring({ env: { DATABASE_URL: url } });
    one.declare({ warehouse: { files: files(TABLE) } });
    two.declare({ warehouse: { files: files(TABLE.replaceAll("sales", "shop"), other) } });
    const held = await holding(url, `SELECT pg_advisory_lock(${TURN})`);
    const running = [one, two].map((here) => here.start("apply", "-auto-approve"));
    await waiting(url, 2, running);
    await held.release();
    for (const { ended } of running) succeeded(await ended);
    expect([...(await relations(url, "sales")), ...(await relations(url, "shop"))]).toEqual(["customer", "customer"]);
    for (const here of [one, two]) expect(await statements(here)).toEqual([]);
  });

  test("of the same as another one at that moment is refused, since nothing of it is left to do", async () => {
    const url = await freshDatabase();
    const both = await Promise.all([1, 2].map(() => declaring({ env: { DATABASE_URL: url } })));
    for (const here of both) here.declare({ warehouse: { files: files(TABLE) } });
    const held = await holding(url, `SELECT pg_advisory_lock(${TURN})`);
    const running = both.map((here) => here.start("apply", "-auto-approve"));
    await waiting(url, 2, running);
    await held.release();
    const ended = await Promise.all(running.map((one) => one.ended));
    expect(ended.map(({ status }) => status).sort()).toEqual([0, 1]);
    expect(ended.map(said).join()).toContain("STALE_PLAN");
    for (const here of both) succeeded(await here.run("apply", "-auto-approve"));
  });
});

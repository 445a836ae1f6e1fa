/**
 * Secret managers to ask: a real server for AWS, and small ones that answer as the manuals of Vault, Google and Azure say,
 * because no registry has the real ones.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll } from "@jest/globals";

const MOTO = [join(homedir(), ".cache/datumline/moto/bin/moto_server"), "moto_server"].find(
  (path) => existsSync(path) || spawnSync("sh", ["-c", `command -v ${path}`]).status === 0,
);

const running: (ChildProcess | Server)[] = [];
afterAll(() => {
  for (const one of running.splice(0)) {
    if ("kill" in one) one.kill();
    else {
      one.closeAllConnections();
      one.close();
    }
  }
});

/** Why AWS cannot be tried here; undefined where it can. */
export const noMoto =
  MOTO === undefined
    ? "there is no moto_server; .ci/run installs it (python3 -m venv and pip install moto flask flask-cors)"
    : undefined;

/** URL of a server that speaks AWS: https://docs.getmoto.org/en/latest/docs/server_mode.html */
export async function moto(): Promise<string> {
  const port = await freePort();
  const child = spawn(MOTO as string, ["-H", "127.0.0.1", "-p", `${port}`], { stdio: "ignore" });
  running.push(child);
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (
      await fetch(`${url}/moto-api/data.json`).then(
        () => true,
        () => false,
      )
    )
      return url;
    await sleep(100);
  }
  throw new Error("moto_server did not start");
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A status and a JSON object, or nothing for no answer at all. */
export type Answered = readonly [status: number, body: unknown] | undefined;

export interface Manager {
  readonly url: string;
  /** What was asked, in order. */
  readonly asked: readonly Asked[];
}

/** Serves on loopback what `answer` says. */
export async function manager(answer: (asked: Asked) => Answered): Promise<Manager> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://x");
    const one = {
      method: request.method ?? "",
      path: decodeURIComponent(pathname),
      query: searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks).toString("utf8"),
    };
    asked.push(one);
    const answered = answer(one);
    if (answered)
      response.writeHead(answered[0], { "content-type": "application/json" }).end(JSON.stringify(answered[1]));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  running.push(server);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

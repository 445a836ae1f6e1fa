/** A stretch of network between a client and a server, as bad as a test wants it. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterAll } from "@jest/globals";

export interface ProxyOptions {
  /** Milliseconds by which every answer comes later. */
  readonly delay?: number;
  /** Cuts both sides when a client says something in which this text is. */
  readonly cutAt?: string;
  /** Cuts as soon as a client has come, and how often; then it behaves. */
  readonly cutFirst?: number;
}

const running: Server[] = [];
afterAll(() => {
  for (const one of running.splice(0)) one.close();
});

/** Port on loopback that leads to another. */
export async function proxy(to: number, { delay = 0, cutAt, cutFirst = 0 }: ProxyOptions): Promise<number> {
  let came = 0;
  const server = createServer((client) => {
    came += 1;
    const upstream: Socket | undefined = came <= cutFirst ? undefined : connect(to, "127.0.0.1");
    const cut = (): void => {
      client.destroy();
      upstream?.destroy();
    };
    if (!upstream) return cut();
    for (const one of [client, upstream]) one.setNoDelay().on("error", cut).on("close", cut);
    client.on("data", (data: Buffer) => {
      if (cutAt !== undefined && data.includes(cutAt)) cut();
      else upstream.write(data);
    });
    upstream.on("data", (data: Buffer) => setTimeout(() => client.write(data), delay));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  running.push(server);
  return (server.address() as AddressInfo).port;
}

/** Where Terraform connects to: a socket in a folder of our own, or a port of this machine where its path is too long. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Of a socket's path, in bytes: 107 on Linux, 103 on macOS, and some room. */
const LONGEST = 100;

/** How the handshake tells it: `unix|/tmp/…` or `tcp|127.0.0.1:…`. */
export async function listen(connected: (socket: Socket) => void): Promise<string> {
  const server = createServer(connected);
  const path = socketPath();
  if (path === undefined) {
    await listening(server, { host: "127.0.0.1", port: 0 });
    const address = server.address();
    if (address === null || typeof address === "string") throw new TypeError("the server has no port");
    return `tcp|127.0.0.1:${address.port}`;
  }
  await listening(server, { path });
  return `unix|${path}`;
}

function listening(server: Server, where: { path: string } | { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(where, resolve);
  });
}

/** In a folder that only this user can enter, and that is gone when the process ends. */
function socketPath(): string | undefined {
  if (process.platform === "win32" || Buffer.byteLength(join(tmpdir(), "datumline-XXXXXX", "s")) > LONGEST)
    return undefined;
  let folder: string;
  try {
    folder = mkdtempSync(join(tmpdir(), "datumline-"));
  } catch {
    // No folder for temporary files, or none to write to.
    return undefined;
  }
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "s");
}

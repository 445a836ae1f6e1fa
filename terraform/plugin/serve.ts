/**
 * A provider as the process that Terraform starts, several times per command: it proves that it was started by Terraform,
 * says on one line where it listens, answers calls, and ends when told to or when Terraform is gone.
 * https://github.com/hashicorp/go-plugin/blob/main/docs/internals.md
 */
import { Console } from "node:console";
import type { Socket } from "node:net";
import { type Certificate, selfSigned } from "./certificate.ts";
import { catchUncaught } from "./faults.ts";
import { server } from "./grpc.ts";
import { listen } from "./listen.ts";
import { logError } from "./log.ts";
import type { Provider } from "./provider.ts";

/** No secret: it tells a start by Terraform from one by hand. */
export const COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
const PROTOCOL = 6;

/** In milliseconds: how long Terraform may take to connect, and what runs may take to end when it is gone. */
const PATIENCE = { connect: 60_000, gone: 500, stop: 500 };

/** Serves until the process ends; the provider is loaded when the first call needs it. */
export async function serve(load: () => Promise<Provider>): Promise<void> {
  if (process.env.TF_PLUGIN_MAGIC_COOKIE !== COOKIE) {
    process.stderr.write(
      "This is Datumline's provider for Terraform. Terraform starts it by itself: declare it in required_providers and run terraform init.\n",
    );
    process.exit(1);
  }
  // The output belongs to the handshake; whoever prints, a driver included, prints to Terraform's log.
  globalThis.console = new Console(process.stderr, process.stderr);
  catchUncaught();
  let loaded: Promise<Provider> | undefined;
  const provider = (): Promise<Provider> => {
    loaded ??= load();
    return loaded;
  };
  const stop = async (): Promise<void> => (await loaded)?.stop();

  // Ctrl-C and whoever ends a pipeline reach the whole process group. What runs ends at its next safe point, and the
  // process when Terraform has ended too.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => {
    stop().catch((error: unknown) => logError("SIGTERM", error));
  });

  const clientCertificate = process.env.PLUGIN_CLIENT_CERT;
  const tls = clientCertificate ? { ...selfSigned(), client: Buffer.from(clientCertificate) } : undefined;
  const { inject } = server({ provider, stop, ...(tls && { tls }) });
  const watch = orphanWatch(stop);
  const address = await listen((socket) => {
    watch(socket);
    inject(socket);
  });
  process.stdout.write(`${["1", PROTOCOL, address, "grpc", fingerprint(tls)].join("|")}\n`);
}

/** Go's decoder wants no padding. */
function fingerprint(certificate: Certificate | undefined): string {
  return certificate?.der.toString("base64").replace(/=+$/, "") ?? "";
}

/** Ends the process when the last connection has closed: a Terraform that was killed tells nobody. */
function orphanWatch(stop: () => Promise<void>): (socket: Socket) => void {
  let open = 0;
  let timer = setTimeout(() => process.exit(1), PATIENCE.connect).unref();
  const gone = (): void => {
    stop().catch((error: unknown) => logError("stop", error));
    setTimeout(() => process.exit(1), PATIENCE.stop);
  };
  return (socket) => {
    open += 1;
    clearTimeout(timer);
    socket.once("close", () => {
      open -= 1;
      if (open === 0) timer = setTimeout(gone, PATIENCE.gone);
    });
  };
}

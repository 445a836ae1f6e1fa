/** The services that Terraform expects of a plugin, on connections that are handed in. */
import type { Socket } from "node:net";
import {
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type MethodDefinition,
  Server,
  ServerCredentials,
} from "@grpc/grpc-js";
import { guarded } from "./faults.ts";
import { health, stopProvider } from "./messages.ts";
import { type Method, methods } from "./methods.ts";
import { encode } from "./protobuf.ts";
import type { Provider } from "./provider.ts";

/** Terraform takes 64 MB and sends whatever a configuration holds. */
const LARGEST_MESSAGE = 256 * 1024 * 1024;

export interface ServerOptions {
  readonly provider: () => Promise<Provider>;
  readonly stop: () => Promise<void>;
  /** Without it, whoever may open the socket is served: for debugging. */
  readonly tls?: { readonly pem: Buffer; readonly key: Buffer; readonly client: Buffer };
}

export function server({ provider, stop, tls }: ServerOptions): { inject(socket: Socket): void } {
  const grpc = new Server({
    "grpc.max_receive_message_length": LARGEST_MESSAGE,
    "grpc.max_send_message_length": LARGEST_MESSAGE,
  });
  const unary = (service: string, calls: Readonly<Record<string, Method>>): void => {
    const paths = Object.keys(calls).map((name) => [name, definition(service, name)]);
    const handlers = Object.entries(calls).map(([name, call]) => {
      const handler: handleUnaryCall<Uint8Array, Buffer> = (request, respond) => {
        call(request.request).then((answer) => respond(null, answer), respond);
      };
      return [name, handler];
    });
    grpc.addService(Object.fromEntries(paths), Object.fromEntries(handlers));
  };

  unary("tfplugin6.Provider", {
    ...methods(provider),
    StopProvider: () =>
      guarded(
        "StopProvider",
        async () => {
          await stop();
          return encode(stopProvider.response, {});
        },
        ({ detail }) => encode(stopProvider.response, { error: detail }),
      ),
  });
  unary("plugin.GRPCController", {
    // Nobody waits for the answer, and Terraform for the end of the process.
    Shutdown: () => process.exit(0),
  });
  unary("grpc.health.v1.Health", { Check: async () => encode(health.response, { status: 1 }) });

  // Both stay open and unused: Terraform reads the output of the process itself.
  const silent: handleServerStreamingCall<Uint8Array, Buffer> = () => {};
  const draining: handleBidiStreamingCall<Uint8Array, Buffer> = (call) => {
    call.on("end", () => call.end()).resume();
  };
  const stdio = definition("plugin.GRPCStdio", "StreamStdio", { responseStream: true });
  grpc.addService({ StreamStdio: stdio }, { StreamStdio: silent });
  const broker = definition("plugin.GRPCBroker", "StartStream", { requestStream: true, responseStream: true });
  grpc.addService({ StartStream: broker }, { StartStream: draining });

  const injector = grpc.createConnectionInjector(
    tls
      ? ServerCredentials.createSsl(tls.client, [{ private_key: tls.key, cert_chain: tls.pem }], true)
      : ServerCredentials.createInsecure(),
  );
  return { inject: (socket) => injector.injectConnection(socket) };
}

/** Bytes are handed on as they are: what fails to be read is answered with a diagnostic, not with an error of gRPC. */
function definition(
  service: string,
  method: string,
  streams: { requestStream?: true; responseStream?: true } = {},
): MethodDefinition<Uint8Array, Buffer> {
  return {
    path: `/${service}/${method}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: Buffer.from,
    requestDeserialize: (bytes) => bytes,
    responseSerialize: (bytes) => bytes,
    responseDeserialize: (bytes) => bytes,
    ...streams,
  };
}

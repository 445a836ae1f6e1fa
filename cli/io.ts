/** The world around a run, so that tests can be one. */
export interface Sink {
  write(text: string): void;
  readonly isTerminal: boolean;
}

export interface Io {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Ends when the user interrupts the run. */
  readonly interrupted: Promise<void>;
}

/** This process. A reader that has gone away (`| head`) ends the output, never what is under way. */
export function processIo(): Io {
  return {
    stdout: sink(process.stdout),
    stderr: sink(process.stderr),
    stdin: process.stdin,
    env: process.env,
    cwd: process.cwd(),
    interrupted: new Promise((done) => {
      process.once("SIGINT", () => done());
      process.once("SIGTERM", () => done());
    }),
  };
}

function sink(stream: NodeJS.WriteStream): Sink {
  let open = true;
  stream.on("error", (problem: NodeJS.ErrnoException) => {
    open = false;
    if (problem.code !== "EPIPE") process.exitCode ||= 1;
  });
  return {
    isTerminal: stream.isTTY === true,
    write(text) {
      if (open) stream.write(text);
    },
  };
}

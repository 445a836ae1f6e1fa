#!/usr/bin/env node
// The version alone must come at once, so nothing else is loaded for it; the command line is loaded for the rest.
import { packageVersion } from "../core/package.ts";

const args = process.argv.slice(2);
if (args.length === 1 && ["version", "--version", "-V"].includes(args[0] as string)) {
  process.stdout.write(`${packageVersion()}\n`);
} else {
  const [{ run }, { processIo }] = await Promise.all([import("./program.ts"), import("./io.ts")]);
  const io = processIo();
  let interrupted = false;
  void io.interrupted.then(() => {
    interrupted = true;
  });
  process.exitCode = await run(args, io);
  // An interrupted run leaves work behind that nobody waits for any more.
  if (interrupted) process.exit();
}

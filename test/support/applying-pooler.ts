/** A process of its own that applies documents to a pooler, so that it can be killed: `applying-pooler.ts FOLDER`. */
import { run } from "../../cli/program.ts";

const [folder = "."] = process.argv.slice(2);
const stream = (name: "stdout" | "stderr") => ({
  isTerminal: false,
  write: (text: string) => void process[name].write(text),
});
process.stdout.write("applying\n");
process.exitCode = await run(["apply", "-f", ".", "--yes", "--allow", "all", "--no-cache"], {
  stdout: stream("stdout"),
  stderr: stream("stderr"),
  stdin: process.stdin,
  env: process.env,
  cwd: folder,
  interrupted: new Promise(() => undefined),
});

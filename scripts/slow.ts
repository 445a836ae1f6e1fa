/** What takes its time however quick the machine is: pools under load, runbooks that are typed at a shell. `npm run test:slow`. */
import { jest } from "./jest.ts";

process.exitCode = jest("slow", ["--testMatch", "**/test/**/*.slow.ts", ...process.argv.slice(2)], {});

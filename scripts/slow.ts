/**
 * What takes its time, and is about one thing alone: pools under load, whole servers that are backed up, runs that are ended,
 * runbooks that are typed at a shell. `npm run test:slow`.
 */
import { jest } from "./jest.ts";

process.exitCode = jest("slow", ["--testMatch", "**/test/**/*.slow.ts", ...process.argv.slice(2)], {});

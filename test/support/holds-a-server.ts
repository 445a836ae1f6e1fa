import { startPostgres } from "../../scripts/embedded.ts";

const server = await startPostgres();
console.log(server.directory);
setInterval(() => {}, 1_000);
if (process.argv[2] === "throw") {
  setTimeout(() => {
    throw new Error("uncaught");
  }, 100);
}

/** A process of its own that works on backups, so that it can be killed: `backing-up.ts COMMAND URL FOLDER`. */
import { backupsOf, pruneAll } from "./backups.ts";

const [command, url, kept] = process.argv.slice(2) as [string, string, string];
const backups = backupsOf(url, kept);
const commands: { readonly [name: string]: () => Promise<unknown> } = {
  run: () => backups.run({ schedule: { check: ["public.*"] } }),
  "run a folder": () => backups.run({ schedule: { how: { format: "directory", jobs: 2, compression: "none" } } }),
  prune: () => pruneAll(backups),
  restore: async () => {
    const { backups: found } = await backups.list();
    const newest = found.at(-1);
    if (newest) await backups.restore(newest.manifest, "copy");
  },
};
process.stdout.write("begun\n");
await commands[command]?.();
process.stdout.write("ended\n");

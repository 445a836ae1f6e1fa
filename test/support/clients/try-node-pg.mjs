/** The pools of a rendered file, two clients at a time. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const { pool, replicas = {} } = await import(pathToFileURL(resolve(process.argv[2])).href);
for (const each of [pool, ...Object.values(replicas)]) {
  for (let turn = 0; turn < 4; turn += 1)
    await Promise.all([each.query("SELECT $1::int + 1", [turn]), each.query("SELECT $1::int + 2", [turn])]);
  const { rows } = await each.query({ text: process.env.PROBE, rowMode: "array" });
  console.log(rows[0][0]);
  console.log(
    "POOL",
    JSON.stringify([
      each.options.max,
      each.options.min,
      each.options.maxUses,
      each.options.maxLifetimeSeconds,
      each.idleCount,
    ]),
  );
  await each.end();
}

/** How the data sources are: once, or again and again for whoever asks over HTTP. */
import { backupHealth } from "../core/doors/backup-health.ts";
import { watch } from "../core/doors/health.ts";
import { isReport, worstOf } from "../core/health/report.ts";
import { type HealthFormat, renderHealth } from "../core/render/health.ts";
import { ENGINES } from "../providers/index.ts";
import { STORES } from "../providers/stores/index.ts";
import type { Context } from "./context.ts";
import { readDeclaration } from "./declaration.ts";
import { metrics } from "./metrics.ts";

export async function health(context: Context): Promise<number> {
  const { options, output, secrets } = context;
  const { load } = await readDeclaration(context, "optional");
  const watches = (await load()).map((ready) => {
    const backups = backupHealth(ready, { stores: STORES, engines: ENGINES, secrets, cwd: context.io.cwd });
    return watch(ready, { secrets, sources: [backups] });
  });
  if (options.serve !== undefined) return (await import("./health-server.ts")).serve(context, watches, options.serve);
  const progress = output.progress("Measuring");
  let done = 0;
  const all = await Promise.all(
    watches.map(async (one) => {
      if (!("look" in one)) return one;
      const report = await one.look();
      await one.close();
      done += 1;
      progress(done, watches.filter((each) => "look" in each).length);
      return report;
    }),
  );
  const { format = "text", verbose } = options;
  if (format === "prometheus") output.result((await metrics(all)).text);
  else output.result(renderHealth(all, format as HealthFormat, { colour: output.colour, verbose }));
  output.diagnostics(all.filter(isReport).flatMap(({ diagnostics }) => diagnostics));
  return worstOf(all) === "healthy" ? 0 : 2;
}

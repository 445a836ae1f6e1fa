/** Reports in Prometheus' exposition format, by its own client library. https://github.com/siimon/prom-client */
import { error } from "../core/diagnostic.ts";
import { Refusal } from "../core/errors.ts";
import { metricsOf } from "../core/health/metrics.ts";
import type { Health } from "../core/health/report.ts";

export interface Exposition {
  readonly text: string;
  readonly contentType: string;
}

/** All of it anew, so that nothing stays of a replica or a statement that is gone. */
export async function metrics(all: readonly Health[]): Promise<Exposition> {
  const { Counter, Gauge, Registry } = await client();
  const registry = new Registry();
  for (const { name, help, type, labels, samples } of metricsOf(all)) {
    const about = { name, help, labelNames: [...labels], registers: [registry] };
    const metric = type === "counter" ? new Counter(about) : new Gauge(about);
    for (const sample of samples) metric.inc(sample.labels, sample.value);
  }
  return { text: await registry.metrics(), contentType: registry.contentType };
}

/** It comes with a library for traces, so who never serves metrics need not install it. */
async function client(): Promise<typeof import("prom-client")> {
  try {
    return (await import("prom-client")).default;
  } catch {
    const detail = "Install it: npm install prom-client";
    throw new Refusal([error("PACKAGE_MISSING", "Prometheus' client library is not installed", { detail })]);
  }
}

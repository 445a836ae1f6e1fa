/**
 * Looks at one data source again and again over one connection. A look never fails: whatever is in the way is told as a
 * data source that cannot be reached. Two looks at one data source never overlap.
 */
import { address } from "../address.ts";
import { now } from "../clock.ts";
import type { HealthEngine, Monitor } from "../engine.ts";
import { judge } from "../health/judge.ts";
import { type HealthSource, isMissing, type Measurement } from "../health/model.ts";
import { type HealthReport, type NotLookedAt, type Place, reportOf } from "../health/report.ts";
import { kept } from "../kept.ts";
import type { Secrets } from "../secret.ts";
import { failure } from "./failure.ts";
import type { Ready } from "./ready.ts";
import { connectOptions, openPlace, resolveSecrets } from "./sessions.ts";

/** A data source that is looked at. */
export interface Watched {
  look(): Promise<HealthReport>;
  close(): Promise<void>;
}

export interface WatchOptions {
  readonly secrets: Secrets;
  /** Who else knows something of it. */
  readonly sources?: readonly HealthSource[];
}

/** Seconds for connecting and again for measuring, where the data source says nothing. */
const LIMIT = 10;
/** Milliseconds more, in which the engine can say what is wrong. */
const GRACE = 1000;

/** What looks at it, or why it is not looked at. */
export function watch(ready: Ready, options: WatchOptions): Watched | NotLookedAt {
  const { source, engine } = ready;
  if (source.monitored === false) return { source, reason: "It says `monitored: false`." };
  if (!engine.health) return { source, reason: `Nothing is measured on the engine ${engine.name}.` };
  return watched(ready, engine.health, options);
}

function watched(ready: Ready, engine: HealthEngine, { secrets, sources = [] }: WatchOptions): Watched {
  const { source, origin } = ready;
  const about = { address: address("DataSource", source.name), ...(origin && { origin }) };
  let place: Place | undefined;
  let failures = 0;
  let underWay: Promise<HealthReport> | undefined;

  const limit = (source.connection.connectTimeout ?? LIMIT) * 1000 + GRACE;
  const monitor = kept(source.name, limit, async (): Promise<Monitor> => {
    await resolveSecrets(secrets, [ready], "connection");
    const opened = await engine.open(source, connectOptions(secrets, ready, true));
    const { version, location } = opened.target;
    place = { version, location };
    openPlace(secrets, source, opened.target);
    return opened;
  });

  const look = async (): Promise<HealthReport> => {
    const started = performance.now();
    const told = (await Promise.all(sources.map((one) => one.measure()))).flat();
    const report = (measurements: readonly Measurement[], diagnostics: HealthReport["diagnostics"]): HealthReport => {
      const at = now();
      const known = new Set(told.map(({ name }) => name));
      const all = [...told, ...measurements.filter((one) => !isMissing(one) || !known.has(one.name))];
      return reportOf({
        source,
        ...(place && { place }),
        at,
        milliseconds: Math.round(performance.now() - started),
        failures,
        measures: judge(all, source, engine.measures, at),
        diagnostics,
      });
    };
    try {
      return report([{ name: "up", value: 1 }, ...(await monitor.use((one) => one.measure()))], []);
    } catch (problem) {
      failures += 1;
      // A secret may have been changed since it was fetched.
      secrets.renew();
      const diagnostics = failure(problem).diagnostics.map((one) => ({ ...about, ...one }));
      const note = diagnostics.map(({ summary }) => summary).join("; ");
      return report([{ name: "up", value: 0, note }], diagnostics);
    }
  };

  return {
    look() {
      underWay ??= look().finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
    close: () => monitor.close(),
  };
}

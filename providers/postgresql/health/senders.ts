/**
 * How far the replicas are behind that read from a server and are not declared, as it sees them itself. Of one whose replay has
 * stopped it goes on telling the lag that was measured last; so it is remembered when what it has not replayed was written.
 */
import type { Measurement } from "../../../core/health/model.ts";
import type { Row } from "../snapshot.ts";

/** How far the log was at a moment. */
interface Mark {
  readonly at: number;
  readonly written: number;
}

const MOST = 10_000;

/** Kept from measurement to measurement. */
export class Senders {
  readonly #marks: Mark[] = [];

  /** `unseen`: why the connected role may not know. */
  measure(rows: readonly Row[], unseen: { readonly missing: string } | undefined): Measurement[] {
    const now = performance.now();
    const name = "replication_lag_seconds";
    if (unseen) return rows.map(([replica]) => ({ name, labels: { replica: `${replica}` }, ...unseen }));
    const written = Number(rows[0]?.[2] ?? 0);
    if (written > (this.#marks.at(-1)?.written ?? 0)) this.#marks.push({ at: now, written });
    const measured = rows.map(([replica, seconds, , replayed]): Measurement => {
      const behind = written - Number(replayed ?? 0);
      const labels = { replica: `${replica}` };
      if (behind <= 0) return { name, value: 0, labels };
      const since = this.#marks.find((mark) => mark.written > written - behind)?.at ?? now;
      return {
        name,
        value: Math.max(Number(seconds ?? 0), (now - since) / 1000),
        labels,
        note: `${behind} bytes behind`,
      };
    });
    this.#forget(Math.min(...rows.map((row) => Number(row[3] ?? 0))));
    return measured;
  }

  /** What all have replayed is of no more use. */
  #forget(replayed: number): void {
    const kept = this.#marks.findIndex(({ written }) => written > replayed);
    this.#marks.splice(0, Math.max(kept < 0 ? this.#marks.length - 1 : kept, this.#marks.length - MOST));
  }
}

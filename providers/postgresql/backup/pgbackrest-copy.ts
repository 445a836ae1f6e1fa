/**
 * A copy for a drill: the files of the backup in a throw-away folder, recovered by a throw-away server to the position at which
 * its tables were counted. Nobody reaches it but through its socket, and nothing that the original does by itself is done there.
 */
import { statfsSync } from "node:fs";
import { toolFailed } from "../../../core/backups/faults.ts";
import type { Copy, CopyContext, Manifest } from "../../../core/backups/model.ts";
import { error } from "../../../core/diagnostic.ts";
import { Refusal } from "../../../core/errors.ts";
import { amountText } from "../../../core/render/amount.ts";
import { temporaryDirectory } from "../scratch/binaries.ts";
import { sameBinaries } from "../scratch/find.ts";
import { startServer } from "../scratch/server.ts";
import { pgBackRestOf } from "./pgbackrest-program.ts";

/** What keeps a copy from doing what only the original should do. */
const ALONE = {
  listen_addresses: "",
  hot_standby: "off",
  // Transactions that were prepared are recovered as well.
  max_prepared_transactions: "1000",
  max_logical_replication_workers: "0",
};

export async function copyServer(manifest: Manifest, { schedule, into, signal }: CopyContext): Promise<Copy> {
  if (into !== undefined) throw noServer(schedule.name);
  const { repository: own, label, position, database, serverVersion } = manifest;
  const binaries = sameBinaries(Number.parseInt(serverVersion, 10));
  const directory = temporaryDirectory();
  needRoom(directory, own?.restoredBytes ?? 0, "Set TMPDIR to a folder on a larger disk.");
  const rest = pgBackRestOf(schedule);
  const server = await startServer(binaries, {
    directory,
    settings: ALONE,
    superuser: own?.superuser ?? "postgres",
    copy: {
      command: (data, home) =>
        rest.words(
          "restore",
          ...restoreWords(own?.number ?? 1, label ?? "", data, `${home}/tablespaces`),
          ...toPosition(position ?? ""),
        ),
      env: rest.env,
      user: rest.user,
      signal,
    },
  }).catch((problem: Error) => {
    throw signal.aborted ? problem : toolFailed("pgbackrest", "made a copy that does not run", problem.message);
  });
  const url = new URL(server.url({ database }));
  url.searchParams.set("host", server.socketDirectory);
  return { url: url.href, database, stop: server.stop };
}

/** Files of a set, in a folder of their own with all that they have elsewhere, and never archiving. */
export function restoreWords(number: number, label: string, data: string, tablespaces: string): string[] {
  return [
    `--repo=${number}`,
    `--set=${label}`,
    `--pg1-path=${data}`,
    `--tablespace-map-all=${tablespaces}`,
    "--archive-mode=off",
  ];
}

/** Up to a position and not a record further, on the timeline that the backup is on. */
export function toPosition(position: string): string[] {
  return [
    "--type=lsn",
    `--target=${position}`,
    "--target-exclusive",
    "--target-timeline=current",
    "--target-action=promote",
  ];
}

/** Refuses where what is restored does not fit. */
export function needRoom(directory: string, bytes: number, detail: string): void {
  const { bavail, bsize } = statfsSync(directory);
  if (bavail * bsize > bytes * 1.1) return;
  const [has, needs] = [bavail * bsize, bytes * 1.1].map((each) => amountText(each, "bytes", new Date()));
  throw new Refusal([error("NO_SPACE", `${directory} has ${has} left, and the copy needs about ${needs}`, { detail })]);
}

function noServer(schedule: string): Refusal {
  return new Refusal([
    error(
      "NOT_SUPPORTED",
      `${schedule} is made by pgBackRest, which restores whole servers: a drill cannot put it into one`,
      {
        detail: "Take `into` out of the drill: it makes a server of its own.",
      },
    ),
  ]);
}

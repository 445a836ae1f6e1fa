import { BackupSchedule, type PostgresDataSource, RestoreDrill, type Schema, secret } from "datumline/constructs";

/** What is kept of every night, and the restore that proves it. */
export function declareBackups(warehouse: PostgresDataSource, sales: Schema): void {
  const nightly = new BackupSchedule(warehouse, "nightly", {
    schedule: { cron: "30 3 * * *", timeZone: "Europe/Berlin" },
    what: { schemas: [sales] },
    to: [{ directory: "/var/backups/warehouse" }],
    retention: { daily: 7, weekly: 4, monthly: 12 },
    encryption: { key: secret.env("BACKUP_KEY") },
    check: ["sales.*"],
    rpo: "26h",
    rto: "1h",
  });
  new RestoreDrill(warehouse, "weekly", { of: nightly });
}

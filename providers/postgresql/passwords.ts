import { type Address, address } from "../../core/address.ts";
import type { Catalog } from "../../core/catalog.ts";
import type { ConnectOptions } from "../../core/engine.ts";
import type { Ledger } from "../../core/ledger.ts";
import { sameJson } from "../../core/objects.ts";
import type { Role } from "../../core/specs.ts";
import type { Client } from "./client.ts";
import { verifies } from "./scram.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * Roles whose password is the declared one. Where the server lets us read its verifiers, the password is checked against
 * them; elsewhere the ledger says which reference and version was sent last, and `sent` which roles got theirs just now.
 */
export async function passwordState(
  client: Client,
  probes: Catalog,
  readable: boolean,
  ledger: Ledger | undefined,
  secret: ConnectOptions["secret"],
  sent: ReadonlySet<string>,
): Promise<Snapshot["passwords"]> {
  const roles = [...probes.values()].filter(({ kind }) => kind === "Role").map(({ spec }) => spec as unknown as Role);
  const known = new Map<string, { version: number | undefined }>();
  if (roles.length === 0) return known;
  const values = await Promise.all(roles.map((role) => secret(role.password ?? {})));
  if (readable) {
    const rows = await client.ask("SELECT rolname, rolpassword FROM pg_catalog.pg_authid WHERE rolname = ANY ($1)", [
      roles.map((role) => role.name),
    ]);
    const held = new Map(rows.map(([name, password]) => [name as string, password as string | null]));
    roles.forEach((role, index) => {
      if (verifies(held.get(role.name) ?? null, values[index] as string))
        known.set(role.name, { version: role.passwordVersion });
    });
    return known;
  }
  const entries = await ledger?.entries(roles.map((role): Address => address("Role", role.name)));
  for (const role of roles) {
    const applied = entries?.get(address("Role", role.name))?.applied as Role | undefined;
    const same =
      applied && sameJson(applied.password, role.password) && applied.passwordVersion === role.passwordVersion;
    if (!ledger || same || sent.has(role.name)) known.set(role.name, { version: role.passwordVersion });
  }
  return known;
}

import { COLUMNS } from "./columns.ts";
import { COPIES } from "./copies.ts";
import { FUNCTIONS } from "./functions.ts";
import { MASKS } from "./masks.ts";
import type { Attack, Family } from "./model.ts";
import { OWNERS } from "./owners.ts";
import { PASSING } from "./passing.ts";
import { PROBES } from "./probes.ts";
import { ROLES } from "./roles.ts";
import { VIEWS } from "./views.ts";
import { WRITES } from "./writes.ts";

/** Every way around that is tried, in the order of the documentation. */
export const FAMILIES: readonly Family[] = [
  ROLES,
  PASSING,
  OWNERS,
  VIEWS,
  COPIES,
  COLUMNS,
  MASKS,
  WRITES,
  FUNCTIONS,
  PROBES,
];

export const ATTACKS: readonly Attack[] = FAMILIES.flatMap(({ attacks }) => attacks);

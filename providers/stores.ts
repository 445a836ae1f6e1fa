import { directoryStore } from "../core/backups/directory.ts";
import type { OpenStore } from "../core/doors/backups.ts";

/** Places that keep backups, by the field that says which. */
export const STORES: Readonly<Record<string, OpenStore>> = {
  directory: async (place) => directoryStore(place as string),
};

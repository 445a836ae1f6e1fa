import { directoryStore } from "../../core/backups/directory.ts";
import type { OpenStore } from "../../core/doors/backups.ts";
import { type Place, s3Store } from "./s3.ts";

/** Places that keep backups, by the field that says which. */
export const STORES: Readonly<Record<string, OpenStore>> = {
  directory: (place) => directoryStore(place as string),
  s3: (place, secret) => s3Store(place as unknown as Place, secret),
};

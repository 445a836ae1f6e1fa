/** What is kept beside a state, or beside a plan, without being shown. */
import type { Private } from "./plugin/provider.ts";

export interface Kept {
  /** `config`: the connection stood in the configuration alone when it was last applied, so the state cannot be read. */
  readonly connection?: "config" | "spec";
  /** In a plan: what was kept beside the state that it replaces, which stays where the apply fails. */
  readonly before?: string;
  /** The live system that was read, and what was there. */
  readonly identity?: string;
  readonly fingerprint?: string;
  /** In a plan: under what the process that made it knows it. */
  readonly plan?: string;
  /** In the plan of a destruction: hash of the statements that were shown. */
  readonly outcome?: string;
}

export function readKept(text: Private): Kept {
  if (!text) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Kept) : {};
  } catch {
    return {};
  }
}

export function kept(value: Kept): string {
  return JSON.stringify(value);
}

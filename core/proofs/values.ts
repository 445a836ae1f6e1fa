/** Is a value that somebody wrote down the one that an engine gives as text? */
import type { PlantedRow } from "./model.ts";

export function sameValue(expected: PlantedRow[string], seen: string | null | undefined): boolean {
  if (expected === null || seen === null || seen === undefined) return expected === null && seen === null;
  if (typeof expected === "boolean") return TRUTH[seen.toLowerCase()] === expected;
  const text = `${expected}`;
  return text === seen || comparable(text) === comparable(seen);
}

const TRUTH: Readonly<Record<string, boolean>> = { t: true, true: true, f: false, false: false };

/** `10` is `10.00`, and a moment is the same with a `T` in it, with `Z` for UTC or without the seconds' zeros. */
function comparable(text: string): string {
  const number = /^([+-]?)0*(\d+)(?:\.(\d*?)0*)?$/.exec(text);
  if (number) {
    const [, sign, whole = "", fraction = ""] = number;
    const digits = fraction === "" ? whole : `${whole}.${fraction}`;
    return sign === "-" && /[1-9]/.test(digits) ? `-${digits}` : digits;
  }
  if (/^[+-]?\d*\.?\d+e[+-]?\d+$/i.test(text)) return `${Number(text)}`;
  const moment = /^(\d{4,}-\d\d-\d\d)[ T](\d\d:\d\d)(?::(\d\d)(?:\.(\d+?)0*)?)?(Z|[+-]\d\d(?::?\d\d)?)?$/i.exec(text);
  if (!moment) return text;
  const [, day, minute, second = "00", part = "", zone] = moment;
  const fraction = /[1-9]/.test(part) ? `.${part}` : "";
  return `${day} ${minute}:${second}${fraction}${zone === undefined ? "" : offset(zone)}`;
}

function offset(zone: string): string {
  if (/^z$/i.test(zone)) return "+00:00";
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const sign = digits === "0000" ? "+" : zone[0];
  return `${sign}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

/** A value in a report: as it is, quoted where it would not be told apart from what stands around it. */
export function shownValue(value: PlantedRow[string]): string {
  if (value === null) return "NULL";
  const text = `${value}`;
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return /^[^\s"{},:]+( [^\s"{},:]+)*$/u.test(short) && text !== "NULL" ? short : JSON.stringify(short);
}

const LONGEST = 60;

/** What one of each unit is in the base unit of its sort: a second, the whole, a byte. */
const UNITS: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  min: 60,
  h: 3600,
  d: 86_400,
  "%": 0.01,
  kB: 2 ** 10,
  MB: 2 ** 20,
  GB: 2 ** 30,
  TB: 2 ** 40,
};

/** `30s` in seconds, `80%` as a share of 1, `10GB` in bytes: as the documents write them, and PostgreSQL counts sizes. */
export function quantity(text: string): number {
  const [, amount, unit = ""] = /^([\d.]+)(\D+)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (factor === undefined) throw new Error(`internal: ${text} is no quantity`);
  // 0.57 is what 57 % means, not 0.5700000000000001.
  return Number((Number(amount) * factor).toPrecision(15));
}

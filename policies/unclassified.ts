import { readable } from "../core/address.ts";
import type { Finding, Guardrail } from "../core/guardrail.ts";
import type { Table } from "../core/specs.ts";

/**
 * Columns whose names tell that they hold what is personal, and that nobody classified. A guess, and no more: it is for
 * looking at a system that nobody declared, never for a plan.
 */
export const unclassified: Guardrail = {
  code: "UNCLASSIFIED",
  pack: "classification",
  find: ({ desired }) =>
    [...desired].flatMap(([address, { kind, spec }]): Finding[] => {
      if (kind !== "Table") return [];
      const { schema, name, columns } = spec as unknown as Table;
      const telling = columns.filter((column) => column.classification === undefined && tells(column.name));
      if (telling.length === 0) return [];
      return [
        {
          address,
          summary: `${readable(address)}: ${telling.map((column) => column.name).join(", ")} look personal, and nobody classified them`,
          detail:
            "Say `classification: pii` on the columns that are, and `classification: public` on those that are not: masks, grants and proofs go by it.",
          closes: [
            {
              kind: "Table",
              spec: {
                schema,
                name,
                columns: telling.map((column) => ({ name: column.name, type: column.type, classification: "pii" })),
              },
            },
          ],
        },
      ];
    }),
};

/** Words that stand alone in a name of a column, or are all of it. */
const WORDS = new Set(
  "email mail phone mobile telephone fax ssn iban bic passport birthday birthdate birthplace dob surname firstname lastname fullname forename password salary card cvv cvc pan taxid nino gender religion".split(
    " ",
  ),
);
/** Words that tell only together. */
const PAIRS = new Set(
  "first name,last name,full name,maiden name,birth date,birth day,birth place,date birth,credit card,card number,account number,tax id,national id,social security,ip address,home address,street address,postal address,phone number,social insurance".split(
    ",",
  ),
);

function tells(column: string): boolean {
  const words = column
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+|(?<=\p{L})(?=\d)/u)
    .filter((word) => word !== "of" && word !== "");
  // A mark or a key of such a thing is not the thing.
  if (words.some((word) => MARKS.has(word))) return false;
  return words.some((word, at) => WORDS.has(word) || PAIRS.has(`${word} ${words[at + 1] ?? ""}`));
}

const MARKS = new Set("is has verified confirmed count type status sent template".split(" "));

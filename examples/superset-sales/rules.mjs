/**
 * Rules that no condition on a single object can say; policies.yaml names this file. In TypeScript it would be the same,
 * with `import type { Rule } from "datumline/policies"`, for Node.js 22.18 and newer.
 *
 * @typedef {import("datumline/policies").Rule} Rule
 */

/** @type {Rule} A privilege on a table is of no use to a group that may not enter its schema. */
const groupsEnterTheSchema = ({ desired }) => {
  const grants = [...desired].filter(([, { kind }]) => kind === "Grant");
  const entered = new Set(
    grants.map(([, { spec }]) => (spec.privileges.includes("usage") ? `${spec.on.schema} ${spec.to}` : "")),
  );
  return grants.flatMap(([address, { spec }]) => {
    const { on, to } = spec;
    const schema = on.table?.split(".")[0];
    if (schema === undefined || entered.has(`${schema} ${to}`)) return [];
    return [
      {
        address,
        summary: `${to} is granted ${on.table} and may not enter ${schema}`,
        detail: "Grant usage on the schema.",
      },
    ];
  });
};

export const rules = [groupsEnterTheSchema];

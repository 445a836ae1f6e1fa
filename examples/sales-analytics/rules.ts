/** Rules that no condition on a single object can say; policies.yaml names this file. */
import { objectsOf, type Rule } from "datumline/policies";

/** A privilege on a table is of no use to a group that may not enter its schema. */
const groupsEnterTheSchema: Rule = ({ desired }) => {
  const grants = objectsOf("Grant", desired);
  const entered = new Set(
    grants.filter(({ spec }) => spec.privileges.includes("usage")).map(({ spec }) => `${spec.on.schema} ${spec.to}`),
  );
  return grants.flatMap(({ address, spec: { on, to } }) => {
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

/** A password that is changed in a data source leaves the verifier in the userlist behind. */
import { type Address, address } from "../../core/address.ts";
import type { Catalog } from "../../core/catalog.ts";
import type { ChangesElsewhere } from "../../core/engine.ts";

/** Users whose role will have another verifier are no longer known by the right one. */
export function foresee(found: Catalog, before: ChangesElsewhere): Catalog {
  return new Map(
    [...found].map(([at, object]) => {
      const { from, ...rest } = object.spec;
      const isLeft =
        object.kind === "PoolUser" && changes(before, from as string, address("Role", rest.name as string));
      return [at, isLeft ? { ...object, spec: rest } : object];
    }),
  );
}

function changes(before: ChangesElsewhere, source: string, role: Address): boolean {
  const step = before.get(source)?.find((one) => one.address === role);
  return step?.fields?.some(({ path }) => path[0] === "password") ?? false;
}

import type { AccessModel } from "../../core/access/model.ts";
import { access } from "../../providers/postgresql/access/engine.ts";
import { postgresql } from "../../providers/postgresql/engine.ts";

/** Effective access as it is in a database. */
export async function liveAccess(url: string): Promise<AccessModel> {
  const session = await postgresql.connect(
    { name: "test", engine: "postgresql", connection: {} },
    { url, readOnly: true, secret: async () => "" },
  );
  try {
    const { catalog, facts, target } = await session.inspect(new Map());
    return access.of(catalog, facts, target);
  } finally {
    await session.close();
  }
}

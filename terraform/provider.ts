/** The provider: what is configured is configured in each declaration, so it takes no settings of its own. */
import { catalog } from "./catalog.ts";
import { declaration } from "./declaration.ts";
import { stop } from "./interrupt.ts";
import type { Provider } from "./plugin/provider.ts";

export const provider: Provider = {
  schema: { version: 0, description: "Data sources as code.", attributes: {} },
  resources: { datumline_declaration: declaration },
  dataSources: { datumline_catalog: catalog },
  validate: async () => ({ diagnostics: [] }),
  configure: async () => ({ diagnostics: [] }),
  stop,
};

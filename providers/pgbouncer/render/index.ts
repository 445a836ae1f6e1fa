import type { Catalog } from "../../../core/catalog.ts";
import type { DataSource } from "../../../core/specs.ts";
import { composeFile } from "./compose.ts";
import { iniFile } from "./ini.ts";
import { kubernetesManifest } from "./kubernetes.ts";
import { type RenderedPooler, renderedPooler } from "./model.ts";
import { systemdUnit } from "./systemd.ts";

const FORMS: Readonly<Record<string, (pooler: RenderedPooler) => string>> = {
  ini: iniFile,
  systemd: systemdUnit,
  compose: composeFile,
  kubernetes: kubernetesManifest,
};

/** For what a pooler can be rendered. */
export const POOLER_FORMS = Object.keys(FORMS);

const FOLDER = "/etc/pgbouncer";

/** A declared pooler as a file for whoever installs it; `desired` is what the declaration becomes. */
export function renderPoolerFile(form: string, source: DataSource, desired: Catalog): string {
  const render = FORMS[form];
  if (!render) throw new Error(`internal: no form ${form}`);
  return render(renderedPooler(source, desired, FOLDER));
}

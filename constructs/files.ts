import type { Construct } from "constructs";
import { DataSource } from "./data-source.ts";
import type { DataSourceProps } from "./kinds.ts";

/** Where the folder is, and what runs after a change in it. */
export type FilesDataSourceProps = DataSourceProps;

/** A folder of files, such as that of a scheduler, in which runners of backups are installed. */
export class FilesDataSource extends DataSource {
  constructor(scope: Construct, id: string, props: FilesDataSourceProps = {}) {
    super("files", scope, id, props);
  }
}

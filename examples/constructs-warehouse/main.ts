/** Sales analytics behind a BI tool: a star schema, who may read which rows and columns of it, and masks. */
import { PostgresDataSource, Project, Schema, secret } from "datumline/constructs";
import { declareAccess } from "./access.ts";
import { declareBackups } from "./backups.ts";
import { declareStar } from "./star.ts";
import { declareViews } from "./views.ts";

const project = new Project();
const warehouse = new PostgresDataSource(project, "warehouse", {
  host: "localhost",
  database: "analytics",
  user: "owner",
  password: secret.env("WAREHOUSE_PASSWORD"),
  tls: { mode: "prefer" },
  manage: { schemas: { sales: "authoritative" } },
  environment: "example",
  owner: "data-platform",
});
const sales = new Schema(warehouse, "sales", { comment: "What was sold, to whom, where and when." });

const star = declareStar(sales);
const views = declareViews(sales, star);
declareAccess(warehouse, { sales, ...star, ...views });
declareBackups(warehouse, sales);

project.synth();

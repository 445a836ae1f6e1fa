import type { Construct } from "constructs";
import type { Kind } from "../core/kind.ts";
import { KINDS } from "../core/kinds/index.ts";
import { nearest } from "../core/names.ts";
import type { Json } from "../core/schema.ts";
import { check, claim, Documented, pathOf } from "./document.ts";
import type { DataSourceProps } from "./kinds.ts";
import { plain } from "./plain.ts";

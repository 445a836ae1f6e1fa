import { RootConstruct } from "constructs";
import { error } from "../core/diagnostic.ts";
import { Refusal } from "../core/errors.ts";
import { askedFolder, writeDeclaration } from "./declaration.ts";
import { documentsOf, type PlainDocument } from "./document.ts";

export interface ProjectProps {
  /** Folder that `synth` writes to, relative to the current one. @default "datumline.out" */
  readonly outdir?: string;
}

/** The root of an app that needs no Terraform; `datumline plan --app "tsx main.ts"` runs it. */
export class Project extends RootConstruct {
  readonly outdir: string;

  constructor(props: ProjectProps = {}) {
    super();
    this.outdir = props.outdir ?? "datumline.out";
  }

  /** What is declared, in the order in which it was made. */
  documents(): readonly PlainDocument[] {
    const faults = this.node
      .findAll()
      .flatMap(({ node }) =>
        node.validate().map((message) => error("CONSTRUCT", message, { origin: { construct: node.path } })),
      );
    if (faults.length > 0) throw new Refusal(faults);
    return documentsOf(this);
  }

  /** Writes `declaration.json`; returns its path. */
  synth(): string {
    return writeDeclaration(askedFolder() ?? this.outdir, this.documents());
  }
}

import { address } from "../../address.ts";
import { defineKind } from "../../kind.ts";
import { flag, text } from "../../schema.ts";
import type { File } from "../../specs.ts";

export const file = defineKind<File>({
  name: "File",
  rank: 20,
  comment: false,
  summary: "A file of a folder, such as the unit of a timer; its first line says whose it is.",
  fields: {
    path: text("Path in the folder of the data source.", { pattern: "^[^/]+(/[^/]+)*$" }),
    content: text("What is in it."),
    link: text("It is a link to this path instead."),
    mode: text("Permissions, as chmod writes them.", { pattern: "^[0-7]{4}$", default: "0644" }),
    marker: text(
      "What a line begins with that is a comment; `json` for an object of JSON, which gets a key `//`; `none` where the format has none.",
      { default: "#", pattern: "^\\S+$" },
    ),
    installed: {
      ...flag("It is known to be ours, and what is to run after a change of it has run.", true),
      computed: true,
    },
  },
  required: ["path"],
  example: { path: "cron.d/vacuum", content: "0 3 * * * postgres vacuumdb --all\n" },
  address: (spec) => address("File", spec.path),
  scope: () => ({}),
  check: ({ path, content, link, marker }) => [
    ...((content === undefined) === (link === undefined) ? ["it takes one of content, link"] : []),
    ...(marker === "json" && content !== undefined && !content.startsWith("{\n")
      ? ["`marker: json` needs an object whose first line is `{`"]
      : []),
    ...(path.split("/").some((part) => part === "." || part === "..") ? ["`path` stays in the folder"] : []),
  ],
});

/** Colour on a terminal, and nothing at all elsewhere. */
import { inspect } from "node:util";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "magenta" | "cyan";

/** Puts styles on a text, or leaves it as it is. */
export type Paint = (style: Style | readonly Style[], text: string) => string;

/** `styleText` would ask the standard output whether it is a terminal, and what is painted may go elsewhere. */
export function painter(colour: boolean): Paint {
  if (!colour) return (_, text) => text;
  return (style, text) =>
    [style].flat().reduceRight((painted: string, one) => {
      const [open, close] = inspect.colors[one as Style] ?? [0, 0];
      return `\u001b[${open}m${painted}\u001b[${close}m`;
    }, text);
}

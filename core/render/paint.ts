/** Colour on a terminal, and nothing at all elsewhere. */
import { styleText } from "node:util";

export type Style = Parameters<typeof styleText>[0];

/** Puts a style on a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

export function painter(colour: boolean): Paint {
  return colour ? (style, text) => styleText(style, text) : (_, text) => text;
}

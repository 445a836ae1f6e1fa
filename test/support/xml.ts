/** As much of an XML reader as it takes to see that a document is well-formed, and to read it back. */

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

const TOKEN = /<\?xml [^?]*\?>|<\/([\w-]+)>|<([\w-]+)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y;

/** The root element; throws where the text is not well-formed. */
export function parseXml(text: string): Element {
  const root: Element = { name: "", attributes: {}, children: [], text: "" };
  const open = [root];
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (!found) throw new Error(`not XML at ${at}: ${text.slice(at, at + 60)}`);
    const [whole, closed, name, attributes = "", single, content] = found;
    const within = open.at(-1) as Element;
    if (closed !== undefined) {
      if (open.pop()?.name !== closed || open.length === 0) throw new Error(`</${closed}> closes nothing`);
    } else if (name !== undefined) {
      const element: Element = { name, attributes: attributesOf(attributes), children: [], text: "" };
      within.children.push(element);
      if (single !== "/") open.push(element);
    } else if (content !== undefined) within.text += decoded(content);
    else if (at !== 0) throw new Error(`${whole} may stand at the beginning only`);
  }
  if (open.length !== 1 || root.children.length !== 1 || root.text.trim() !== "")
    throw new Error("not one whole element");
  return root.children[0] as Element;
}

function attributesOf(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name, value] of text.matchAll(/([\w-]+)="([^"]*)"/g)) {
    if ((name as string) in found) throw new Error(`${name} stands twice`);
    found[name as string] = decoded(value as string);
  }
  return found;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decoded(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what no XML may hold.
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\p{Cs}]|&(?!(#\d+|amp|lt|gt|quot|apos);)/u.test(text))
    throw new Error(`not allowed in XML: ${JSON.stringify(text)}`);
  return text.replace(/&(#\d+|\w+);/g, (_, name: string) =>
    name.startsWith("#") ? String.fromCodePoint(Number(name.slice(1))) : (ENTITIES[name] as string),
  );
}

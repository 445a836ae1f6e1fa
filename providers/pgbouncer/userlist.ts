/** The userlist: names and what proves them, a line each. What is not changed stays to the letter. */
interface Line {
  readonly raw: string;
  readonly name?: string;
  readonly secret?: string;
}

export type Userlist = readonly Line[];

const USER = /^\s*"((?:[^"]|"")*)"\s+"((?:[^"]|"")*)"/;

export function parseUserlist(text: string): Userlist {
  return text.split("\n").map((raw): Line => {
    const [, name, secret] = USER.exec(raw) ?? [];
    return name === undefined ? { raw } : { raw, name: plain(name), secret: plain(secret ?? "") };
  });
}

export function userlistText(list: Userlist): string {
  return list.map(({ raw }) => raw).join("\n");
}

/** What proves each user. */
export function secretsOf(list: Userlist): Map<string, string> {
  return new Map(list.flatMap(({ name, secret }) => (name === undefined ? [] : [[name, secret ?? ""] as const])));
}

/** With what proves a user, or without the user. */
export function withUser(list: Userlist, name: string, secret: string | undefined): Userlist {
  const line = { raw: `${double(name)} ${double(secret ?? "")}`, name, secret: secret ?? "" };
  const at = list.findIndex((each) => each.name === name);
  if (at >= 0)
    return list.flatMap((each, index) =>
      each.name !== name ? [each] : index === at && secret !== undefined ? [line] : [],
    );
  if (secret === undefined) return list;
  const end = list.findLastIndex(({ raw }) => raw.trim() !== "") + 1;
  return [...list.slice(0, end), line, { raw: "" }];
}

function plain(text: string): string {
  return text.replaceAll('""', '"');
}

function double(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

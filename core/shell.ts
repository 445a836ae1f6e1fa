/** Commands as a POSIX shell reads them: for whoever types them, and for what runs them. */

/** A word of it, whatever is in it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command. */
export function shellWords(words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}

/** One statement that tries several in turn, and tells of each what it was refused with, or that it went through. */
export function each(...statements: readonly string[]): string {
  const list = statements.map((statement) => `$one$${statement}$one$`).join(", ");
  return `DO $do$ DECLARE one text; BEGIN
  FOREACH one IN ARRAY ARRAY[${list}] LOOP
    BEGIN
      EXECUTE one;
      RAISE NOTICE 'went through: %', one;
    EXCEPTION WHEN OTHERS THEN RAISE NOTICE 'refused: %', SQLERRM;
    END;
  END LOOP;
END $do$`;
}

/** So many were refused, each with such words. */
export function refused(count: number, words: string): RegExp {
  return new RegExp(`^(NOTICE refused: (${words}).*\\n){${count}}DO null$`);
}

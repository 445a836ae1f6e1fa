/**
 * Messages as tables: a name, a number and a type per field, from which both the TypeScript type and the bytes follow.
 * What a table does not name is skipped when read, for newer versions of Terraform say more.
 */
import { PbfReader, PbfWriter } from "pbf";

/** What is read is complete; what is written may leave out whatever has its default. */
export interface Field<Read, Written> {
  readonly number: number;
  readonly initial: Read;
  write(value: Written, to: PbfWriter): void;
  /** `before` is what earlier occurrences of the same field gave. */
  read(from: PbfReader, before: Read): Read;
}

type Fields = Readonly<Record<string, Field<unknown, unknown>>>;
type ReadOf<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer Read, infer _> ? Read : never };
type WrittenOf<F extends Fields> = {
  readonly [K in keyof F]?: (F[K] extends Field<infer _, infer Written> ? Written : never) | undefined;
};

export interface Message<Read, Written> {
  write(value: Written, to: PbfWriter): void;
  read(from: PbfReader): Read;
}

export type Written<M> = M extends Message<infer _, infer W> ? W : never;

export function message<F extends Fields>(fields: F): Message<ReadOf<F>, WrittenOf<F>> {
  const entries = Object.entries(fields);
  const byNumber = new Map(entries.map(([name, field]) => [field.number, { name, field }]));
  return {
    write(value, to) {
      for (const [name, field] of entries) {
        const given = value[name];
        if (given !== undefined) field.write(given, to);
      }
    },
    read(from) {
      const values: Record<string, unknown> = {};
      for (const [name, field] of entries) values[name] = field.initial;
      // Called inside a message of its own, whose end pbf has put into `length`.
      from.readFields((number) => {
        const known = byNumber.get(number);
        if (known) values[known.name] = known.field.read(from, values[known.name]);
      }, undefined);
      return values as ReadOf<F>;
    },
  };
}

export function encode<W>(type: Message<unknown, W>, value: W): Buffer {
  const writer = new PbfWriter();
  type.write(value, writer);
  const bytes = writer.finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function decode<R>(type: Message<R, never>, bytes: Uint8Array): R {
  return type.read(new PbfReader(bytes));
}

export const text = (number: number): Field<string, string> => ({
  number,
  initial: "",
  write: (value, to) => value !== "" && to.writeStringField(number, value),
  read: (from) => from.readString(),
});

export const bytes = (number: number): Field<Uint8Array, Uint8Array> => ({
  number,
  initial: new Uint8Array(),
  write: (value, to) => value.length > 0 && to.writeBytesField(number, value),
  read: (from) => from.readBytes(),
});

export const bool = (number: number): Field<boolean, boolean> => ({
  number,
  initial: false,
  write: (value, to) => value && to.writeBooleanField(number, value),
  read: (from) => from.readBoolean(),
});

export const integer = (number: number): Field<number, number> => ({
  number,
  initial: 0,
  write: (value, to) => value !== 0 && to.writeVarintField(number, value),
  read: (from) => from.readVarint(true),
});

export const one = <R, W>(number: number, type: Message<R, W>): Field<R | undefined, W> => ({
  number,
  initial: undefined,
  write: (value, to) => to.writeMessage(number, type.write, value),
  read: (from) => within(from, type),
});

export const many = <R, W>(number: number, type: Message<R, W>): Field<readonly R[], readonly W[]> => ({
  number,
  initial: [],
  write(values, to) {
    for (const value of values) to.writeMessage(number, type.write, value);
  },
  read: (from, before) => [...before, within(from, type)],
});

/** A map with texts as keys travels as messages of a key and a value. */
export function map<R, W>(
  number: number,
  type: Message<R, W>,
): Field<Readonly<Record<string, R>>, Readonly<Record<string, W>>> {
  const entry = message({ key: text(1), value: one(2, type) });
  return {
    number,
    initial: {},
    write(values, to) {
      for (const [key, value] of Object.entries(values)) to.writeMessage(number, entry.write, { key, value });
    },
    read(from, before) {
      const { key, value } = within(from, entry);
      return value === undefined ? before : { ...before, [key]: value };
    },
  };
}

function within<R>(from: PbfReader, type: Message<R, never>): R {
  return decode(type, from.readBytes());
}

/**
 * Values as Terraform sends them: MessagePack, in which every extension stands for an unknown value.
 * https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/object-wire-format.md
 */
import { decode, ExtData, type ExtensionCodecType, encode } from "@msgpack/msgpack";
import { type Attribute, type Block, UNKNOWN, type Value, type Values } from "./provider.ts";

const extensionCodec: ExtensionCodecType<undefined> = {
  // Its later forms say something of what the value will be, which nothing here uses.
  decode: () => UNKNOWN,
  tryToEncode: (value) => (value === UNKNOWN ? new ExtData(0, new Uint8Array(1)) : null),
};

interface Wire {
  readonly msgpack: Uint8Array;
}

/** null for an object that is not there. */
export function decodeObject(wire: Wire | undefined): Values | null {
  const value = wire === undefined || wire.msgpack.length === 0 ? null : decode(wire.msgpack, { extensionCodec });
  if (value === null || isObject(value)) return value;
  throw new TypeError("Terraform sent something that is no object");
}

export function decodePresent(wire: Wire | undefined): Values {
  const values = decodeObject(wire);
  if (values === null) throw new TypeError("Terraform sent null in place of an object");
  return values;
}

/** A stored state, possibly of another version of the schema. */
export function decodeJson(json: Uint8Array | undefined): Values {
  const value: unknown = JSON.parse(new TextDecoder().decode(json));
  if (isObject(value)) return value;
  throw new TypeError("Terraform sent a state that is no object");
}

/** A plan or a state: every attribute of the block, whether a value is given or not, and null where none may be kept. */
export function encodeObject(values: Values | null, { attributes }: Block): { readonly msgpack: Uint8Array } {
  if (values === null) return { msgpack: encode(null) };
  const stranger = Object.keys(values).find((name) => !Object.hasOwn(attributes, name));
  if (stranger !== undefined) throw new TypeError(`a value for "${stranger}", which the schema does not have`);
  const complete = Object.entries(attributes).map(([name, { type, writeOnly }]) => {
    const value = writeOnly ? null : (values[name] ?? null);
    if (!isOf(type, value)) throw new TypeError(`the value of "${name}" is not of type ${JSON.stringify(type)}`);
    return [name, value] as const;
  });
  return { msgpack: encode(Object.fromEntries(complete), { extensionCodec }) };
}

function isOf(type: Attribute["type"], value: Value): boolean {
  if (value === null || value === UNKNOWN) return true;
  if (type === "string") return typeof value === "string";
  if (type === "bool") return typeof value === "boolean";
  const [collection, element] = type;
  if (collection === "list") return Array.isArray(value) && value.every((one) => isOf(element, one));
  return isObject(value) && Object.values(value).every((one) => isOf(element, one));
}

function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

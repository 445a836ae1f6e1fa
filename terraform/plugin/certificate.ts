/**
 * A certificate for the life of one process: Terraform sends its own in the environment, gets this one in the handshake,
 * and each side accepts nothing but what it was given. https://datatracker.ietf.org/doc/html/rfc5280#section-4.1
 */
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import {
  type BaseBlock,
  BitString,
  Boolean as Bool,
  Constructed,
  fromBER,
  Integer,
  ObjectIdentifier,
  OctetString,
  Primitive,
  Sequence,
  UTCTime,
  Utf8String,
  Set as ValueSet,
} from "asn1js";

const COMMON_NAME = "2.5.4.3";
const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
const BASIC_CONSTRAINTS = "2.5.29.19";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2";

/** The name that Terraform asks the server to prove, wherever it runs. */
const HOST = "localhost";
const DAY = 24 * 60 * 60 * 1000;

export interface Certificate {
  readonly der: Buffer;
  readonly pem: Buffer;
  readonly key: Buffer;
}

export function selfSigned(): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(oid(ECDSA_WITH_SHA256));
  const name = sequence(new ValueSet({ value: [sequence(oid(COMMON_NAME), new Utf8String({ value: HOST }))] }));
  const now = Date.now();
  const content = sequence(
    tagged(0, new Integer({ value: 2 })),
    new Integer({ valueHex: serialNumber() }),
    algorithm,
    name,
    // A clock may be set back while Terraform runs; an apply does not take a month.
    sequence(time(now - DAY), time(now + 30 * DAY)),
    name,
    fromBER(publicKey.export({ type: "spki", format: "der" })).result,
    tagged(
      3,
      sequence(
        extension(BASIC_CONSTRAINTS, sequence(new Bool({ value: true }))),
        extension(EXTENDED_KEY_USAGE, sequence(oid(SERVER_AUTHENTICATION), oid(CLIENT_AUTHENTICATION))),
        extension(SUBJECT_ALTERNATIVE_NAME, sequence(dnsName(HOST))),
      ),
    ),
  );
  const signature = sign("sha256", Buffer.from(content.toBER()), privateKey);
  const der = Buffer.from(sequence(content, algorithm, new BitString({ valueHex: signature })).toBER());
  return {
    der,
    pem: Buffer.from(`-----BEGIN CERTIFICATE-----\n${der.toString("base64")}\n-----END CERTIFICATE-----\n`),
    key: Buffer.from(privateKey.export({ type: "pkcs8", format: "pem" })),
  };
}

const sequence = (...value: BaseBlock[]) => new Sequence({ value });
const oid = (value: string) => new ObjectIdentifier({ value });
const time = (milliseconds: number) => new UTCTime({ valueDate: new Date(milliseconds) });

/** A positive number without zeros at its front, which would not be its shortest form. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return bytes;
}

function tagged(tagNumber: number, value: BaseBlock): Constructed {
  return new Constructed({ idBlock: { tagClass: 3, tagNumber }, value: [value] });
}

function dnsName(name: string): Primitive {
  return new Primitive({ idBlock: { tagClass: 3, tagNumber: 2 }, valueHex: Buffer.from(name) });
}

function extension(id: string, value: BaseBlock): Sequence {
  return sequence(oid(id), new OctetString({ valueHex: value.toBER() }));
}

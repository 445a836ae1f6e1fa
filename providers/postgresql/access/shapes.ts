/**
 * Objects that give the same things to the same roles. There are far fewer of them than objects, and fewer still for one
 * role: what an object gives to roles that it has nothing of makes no difference to it.
 */
import { type Effective, EVERYBODY } from "../../../core/access/model.ts";
import type { Address } from "../../../core/address.ts";
import { type Given, type Secured, usersOf } from "./privileges.ts";
import type { Rows } from "./rows.ts";

export interface Shape {
  /** What the object is and what everybody has of it. */
  readonly base: number;
  /** What each role has of it, and that role: numbers that stand for equal texts. */
  readonly gifts: readonly number[];
  readonly holders: readonly number[];
}

/** All objects that look the same to a role. */
export interface Node {
  next: Map<number, Node> | undefined;
  /** What the role has of them, once it is known. */
  answer: Effective | undefined;
}

/** Answers of one role for all that is of one shape as far as it is concerned. */
export interface Known {
  readonly root: Node;
  /** By number of a holder: 1 where it has its privileges on some way. */
  readonly reaches: Uint8Array;
}

export class Shapes {
  /** In the order of the objects. */
  readonly all: readonly (readonly [object: Address, shape: Shape])[];
  readonly #shapes: ReadonlyMap<Address, Shape>;
  readonly #holders = new Map<string, number>();
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];

  constructor(objects: readonly Address[], secured: ReadonlyMap<Address, Secured>, rows: Rows) {
    this.all = objects.map((object) => {
      const one = secured.get(object) as Secured;
      return [object, this.#shapeOf(one, rows, one.schema ? secured.get(one.schema) : undefined)];
    });
    this.#shapes = new Map(this.all);
  }

  of(object: Address): Shape | undefined {
    return this.#shapes.get(object);
  }

  /** For a role that has the privileges of these, itself among them. */
  known(reach: Iterable<string>): Known {
    const reaches = new Uint8Array(this.#holders.size);
    for (const role of reach) {
      const holder = this.#holders.get(role);
      if (holder !== undefined) reaches[holder] = 1;
    }
    return { root: { next: undefined, answer: undefined }, reaches };
  }

  /** Equal for objects of one shape, in any model. */
  key(object: Address): string {
    const shape = this.#shapes.get(object);
    if (!shape) return "";
    const gifts = shape.gifts.map((gift) => this.#texts[gift]).sort();
    return [this.#texts[shape.base], ...gifts].join("\n");
  }

  #shapeOf({ address, sort, given }: Secured, rows: Rows, schema: Secured | undefined): Shape {
    const hidden = rows.gifts(address);
    const open = schema ? usersOf(schema) : undefined;
    const gifts: number[] = [];
    const holders: number[] = [];
    const opens = (role: string): string => (open?.has(role) ? "\0uses" : "");
    for (const role of new Set([...given.keys(), ...hidden.keys(), ...(open ?? [])])) {
      if (role === EVERYBODY) continue;
      gifts.push(this.#number(`${role}\0${textOf(given.get(role))}${hidden.get(role) ?? ""}${opens(role)}`));
      holders.push(numberOf(this.#holders, role));
    }
    const within = open ? `\0within${opens(EVERYBODY)}` : "";
    const base = `${sort}\0${textOf(given.get(EVERYBODY))}${hidden.get(EVERYBODY) ?? ""}${within}`;
    return { base: this.#number(base), gifts, holders };
  }

  #number(text: string): number {
    const number = numberOf(this.#numbers, text);
    this.#texts[number] = text;
    return number;
  }
}

/** Where the answer of a role about all objects stands that look to it like this one. */
export function nodeOf({ root, reaches }: Known, { base, gifts, holders }: Shape): Node {
  let node = step(root, base);
  for (let at = 0; at < gifts.length; at += 1)
    if (reaches[holders[at] as number] === 1) node = step(node, gifts[at] as number);
  return node;
}

function step(node: Node, by: number): Node {
  node.next ??= new Map();
  const known = node.next.get(by);
  if (known) return known;
  const next: Node = { next: undefined, answer: undefined };
  node.next.set(by, next);
  return next;
}

function numberOf(numbers: Map<string, number>, text: string): number {
  const known = numbers.get(text);
  if (known !== undefined) return known;
  numbers.set(text, numbers.size);
  return numbers.size - 1;
}

function textOf(given: Given = new Map()): string {
  return [...given]
    .map(
      ([privilege, { columns, by }]) => `${by} ${privilege} ${columns === "all" ? "" : [...columns].sort().join("\0")}`,
    )
    .sort()
    .join("\0\0");
}

/**
 * Objects that give the same things to the same roles. There are far fewer of them than objects, and fewer still for one
 * role: what an object gives to roles that it has nothing of makes no difference to it.
 */
import { type Effective, EVERYBODY } from "../../../core/access/model.ts";
import type { Address } from "../../../core/address.ts";
import type { Given, Secured } from "./privileges.ts";
import type { Rows } from "./rows.ts";

interface Shape {
  /** What the object is and what everybody has of it. */
  readonly base: number;
  /** What each role has of it, and that role: numbers that stand for equal texts. */
  readonly gifts: readonly number[];
  readonly holders: readonly number[];
}

/** All objects that look the same to a role. */
export interface Node {
  readonly next: Map<number, Node>;
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
  readonly #shapes = new Map<Address, Shape>();
  readonly #holders = new Map<string, number>();
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];

  constructor(secured: ReadonlyMap<Address, Secured>, rows: Rows) {
    for (const one of secured.values()) this.#shapes.set(one.address, this.#shapeOf(one, rows));
  }

  /** For a role that has the privileges of these, itself among them. */
  known(reach: Iterable<string>): Known {
    const reaches = new Uint8Array(this.#holders.size);
    for (const role of reach) {
      const holder = this.#holders.get(role);
      if (holder !== undefined) reaches[holder] = 1;
    }
    return { root: { next: new Map(), answer: undefined }, reaches };
  }

  /** Where the answer of a role about an object stands. */
  node({ root, reaches }: Known, object: Address): Node | undefined {
    const shape = this.#shapes.get(object);
    if (!shape) return undefined;
    const { base, gifts, holders } = shape;
    let node = step(root, base);
    for (let at = 0; at < gifts.length; at += 1)
      if (reaches[holders[at] as number] === 1) node = step(node, gifts[at] as number);
    return node;
  }

  /** Equal for objects of one shape, in any model. */
  key(object: Address): string {
    const shape = this.#shapes.get(object);
    if (!shape) return "";
    const gifts = shape.gifts.map((gift) => this.#texts[gift]).sort();
    return [this.#texts[shape.base], ...gifts].join("\n");
  }

  #shapeOf({ address, sort, given }: Secured, rows: Rows): Shape {
    const hidden = rows.gifts(address);
    const gifts: number[] = [];
    const holders: number[] = [];
    for (const role of new Set([...given.keys(), ...hidden.keys()])) {
      if (role === EVERYBODY) continue;
      gifts.push(this.#number(`${role}\0${textOf(given.get(role))}${hidden.get(role) ?? ""}`));
      holders.push(numberOf(this.#holders, role));
    }
    const base = `${sort}\0${textOf(given.get(EVERYBODY))}${hidden.get(EVERYBODY) ?? ""}`;
    return { base: this.#number(base), gifts, holders };
  }

  #number(text: string): number {
    const number = numberOf(this.#numbers, text);
    this.#texts[number] = text;
    return number;
  }
}

function step(node: Node, by: number): Node {
  const known = node.next.get(by);
  if (known) return known;
  const next: Node = { next: new Map(), answer: undefined };
  node.next.set(by, next);
  return next;
}

function numberOf(numbers: Map<string, number>, text: string): number {
  const known = numbers.get(text);
  if (known !== undefined) return known;
  numbers.set(text, numbers.size);
  return numbers.size - 1;
}

function textOf(given: readonly Given[] = []): string {
  return given
    .map(({ privilege, columns, by }) => `${by} ${privilege}${columns ? ` ${[...columns].sort().join("\0")}` : ""}`)
    .sort()
    .join("\0\0");
}

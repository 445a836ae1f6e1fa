/** A table that inherits from another, or is a part of it: whoever reads it by itself is asked by its own policies alone. */
export interface Child {
  readonly schema: string;
  readonly name: string;
  /** Tables that it inherits from, those above them included: `shop.parcel`. */
  readonly of: readonly string[];
  readonly rowSecurity: "off" | "on" | "forced";
}

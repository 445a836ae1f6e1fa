import type { Address } from "../address.ts";

/** The circles among objects that need each other, each once, in the order in which they lead back. */
export function circles(needs: ReadonlyMap<Address, readonly Address[]>): Address[][] {
  const found: Address[][] = [];
  const done = new Set<Address>();
  // Depth first without recursion: a chain may be longer than the stack.
  const path: { readonly at: Address; next: number }[] = [];
  const depth = new Map<Address, number>();
  for (const start of needs.keys()) {
    if (done.has(start)) continue;
    path.push({ at: start, next: 0 });
    depth.set(start, 0);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const target = needs.get(top.at)?.[top.next];
      top.next += 1;
      if (target === undefined) {
        path.pop();
        depth.delete(top.at);
        done.add(top.at);
      } else if (depth.has(target)) {
        found.push(path.slice(depth.get(target)).map(({ at }) => at));
      } else if (needs.has(target) && !done.has(target)) {
        depth.set(target, path.length);
        path.push({ at: target, next: 0 });
      }
    }
  }
  return found;
}

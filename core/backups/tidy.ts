/**
 * Buffers lie outside the heap, so what a stream leaves behind makes no collection due before there are many of them. What was
 * needed to get ready is collected once, which takes a moment; young buffers from then on, which takes none.
 * https://nodejs.org/api/v8.html#v8setflagsfromstringflags
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes that may pass between two collections. */
const PASSING = 8 << 20;

type Collect = (how?: { readonly type: "minor" }) => void;
let collect: Collect | undefined;

/** Told how many bytes have passed, it now and then collects those that nobody holds any more. */
export function tidier(): (bytes: number) => void {
  const collecting = collect ?? ready();
  let passed = 0;
  return (bytes) => {
    passed += bytes;
    if (passed < PASSING) return;
    passed = 0;
    collecting({ type: "minor" });
  };
}

function ready(): Collect {
  setFlagsFromString("--expose-gc");
  collect = runInNewContext("gc") as Collect;
  collect();
  return collect;
}

/** JavaScript Promise Integration, which TypeScript's library does not describe yet. */

interface Jspi {
  /** An import that suspends its caller until the promise it returns is resolved. */
  Suspending: new (run: (why: number) => Promise<void>) => WebAssembly.ImportValue;
  /** An export as a function that gives a promise, because its callees may suspend it. */
  promising: (start: Function) => (...args: number[]) => Promise<void>;
}

/** The browser's JSPI; `undefined` where it has none. */
export function jspi(): Jspi | undefined {
  const { Suspending, promising } = WebAssembly as unknown as Partial<Jspi>;
  return Suspending && promising ? { Suspending, promising } : undefined;
}

export type { Jspi };

/** Texts that a hostile caller, visitor or file may hold, of any length. */
export const HOSTILE_TEXTS: readonly { name: string; make(length: number): string }[] = [
  " ",
  "\t",
  "\n",
  "\u0085",
  "\u2028",
  "a",
  "0",
  "é",
  "語",
  "ا",
  "😀",
  "\u0301",
  "\u0000",
  "(",
  "[",
  "{",
  "<",
  ">",
  ".",
  ",",
  "-",
  "_",
  "+",
  "%",
  "/",
  "\\",
  '"',
  "'",
  "=",
  ":",
  "@",
  "a ",
  "0 ",
  "0-",
  "0_",
  "+0",
  "+1 ",
  "%20",
  "a.",
  "a\n",
  " \n",
  "<a ",
  "</",
  "()",
  "[]",
  "\ud800",
].map((piece) => ({
  name: JSON.stringify(piece),
  make: (length) => piece.repeat(Math.ceil(length / piece.length)),
}));

/** The same between other text, where an expression begins well and fails at the end. */
export const HOSTILE_MIDDLES: typeof HOSTILE_TEXTS = HOSTILE_TEXTS.map(({ name, make }) => ({
  name: `x${name}…!`,
  make: (length) => `x${make(length)}!`,
}));

const SMALLEST = 1000;
/** Nothing is judged by less time than this: it would be noise. */
const JUDGED_FROM_MS = 20;
/** Over three doublings, linear work grows by 8 and quadratic work by 64. */
const MOST_GROWTH = 24;
const RUNS = 3;
/** A machine that is busy may slow down one measurement, and not so many one after the other. */
const ATTEMPTS = 4;

/**
 * Runs `work` on texts of doubling lengths, until it takes so long that its growth can be told.
 *
 * @returns how its time grew over three doublings, where that is more than linear
 */
export function findSuperlinearGrowth(
  make: (length: number) => string,
  work: (text: string) => unknown,
  longest: number,
): string | undefined {
  for (let length = SMALLEST; length <= longest; length *= 2) {
    const firstMs = measure(make(length), work, 1);
    if (firstMs < JUDGED_FROM_MS) continue;
    // One run is enough to see that work is linear, and not enough to see that it is not.
    if (firstMs / measure(make(length / 8), work, 1) <= MOST_GROWTH) return undefined;
    let found = "";
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const longMs = measure(make(length), work, RUNS);
      const shortMs = measure(make(length / 8), work, RUNS);
      if (longMs / shortMs <= MOST_GROWTH) return undefined;
      found = `${shortMs.toFixed(2)} ms for ${length / 8} characters, ${longMs.toFixed(1)} ms for ${length}`;
    }
    return found;
  }
  return undefined;
}

/**
 * The shortest of several runs, in milliseconds of this process's own work: a busy machine stops a
 * long run again and again, and a short one never.
 */
function measure(text: string, work: (text: string) => unknown, runs: number): number {
  let shortest = Infinity;
  for (let run = 0; run < runs; run += 1) {
    const before = process.cpuUsage();
    work(text);
    const { user, system } = process.cpuUsage(before);
    shortest = Math.min(shortest, (user + system) / 1000);
  }
  return shortest;
}

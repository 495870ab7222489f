import { type DigitRun, readDigitRuns, replaceRanges } from "./digit-runs.js";

/** Takes telephone numbers out of texts, unless the agent has opted in to them. */
export interface PhoneNumbers {
  readonly areKept: boolean;
  /** From now on this number is masked wherever it stands, if it is one: E.164 has 7 to 15 digits. */
  learn(number: string): void;
  /** Tells of each number that is new, after which a text may have to be masked again. */
  onLearnt(listen: () => void): () => void;
  /**
   * Tells of a number that is new and stands in the text. Other numbers cost nothing, so that a call
   * costs no more the more callers came before.
   */
  watch(text: string, listen: () => void): () => void;
  /**
   * The text without numbers that are written internationally (`+15105550100`), or that are known.
   * Other digits may be an id or a time, and stay.
   */
  mask(text: string): string;
  /** The identity or name of somebody on the telephone, which is made of the number. */
  maskName(name: string): string;
}

export const MASK = "[number]";
/** E.164 has 7 to 15 digits. Fewer are an extension, which identifies nobody. */
const FEWEST_DIGITS = 7;
const MOST_DIGITS = 15;
/** From so many numbers on, every text is masked as a caller's name is. */
const MOST_NUMBERS = 10_000;
/** Nobody is called by more characters: a longer name is masked as a caller's is. */
export const LONGEST_WATCHED_CHARS = 4096;

export function createPhoneNumbers(areKept: boolean): PhoneNumbers {
  const whole = new Set<string>();
  /** The ends of known numbers that are long enough to be one without the country's digits. */
  const ends = new Set<string>();
  const listeners = new Set<() => void>();
  /** By the digits that a number ends with: who watches a text in which those stand. */
  const watchers = new Map<string, Set<() => void>>();

  function mask(text: string): string {
    if (areKept) return text;
    if (whole.size >= MOST_NUMBERS) return maskName(text);
    return replaceRanges(
      text,
      readDigitRuns(text, FEWEST_DIGITS).flatMap((run) => [
        ...findInternational(run),
        ...findKnown(run, whole, ends),
      ]),
      MASK,
    );
  }

  function maskName(name: string): string {
    if (areKept) return name;
    const long = readDigitRuns(name, FEWEST_DIGITS);
    return replaceRanges(
      name,
      long.map((run) => ({ start: startOf(run, 0), end: endOf(run, run.digits.length - 1) })),
      MASK,
    );
  }

  return {
    areKept,
    learn(number) {
      // Nothing so long is a number, however it is written.
      if (areKept || number.length > LONGEST_WATCHED_CHARS) return;
      const digits = readDigitRuns(number)
        .map((run) => run.digits)
        .join("");
      if (!isNumber(digits) || whole.has(digits) || whole.size >= MOST_NUMBERS) return;
      whole.add(digits);
      for (let length = FEWEST_DIGITS; length <= digits.length; length += 1)
        ends.add(digits.slice(-length));
      for (const listen of listeners) listen();
      for (const listen of watchers.get(digits.slice(-FEWEST_DIGITS)) ?? []) listen();
    },
    onLearnt(listen) {
      listeners.add(listen);
      return () => listeners.delete(listen);
    },
    watch(text, listen) {
      if (areKept || text.length > LONGEST_WATCHED_CHARS) return () => undefined;
      const keys = new Set(
        readDigitRuns(text, FEWEST_DIGITS).flatMap(({ digits }) => endings(digits)),
      );
      for (const key of keys) {
        const known = watchers.get(key);
        if (known === undefined) watchers.set(key, new Set([listen]));
        else known.add(listen);
      }
      return () => {
        for (const key of keys) {
          const known = watchers.get(key);
          known?.delete(listen);
          if (known?.size === 0) watchers.delete(key);
        }
      };
    },
    mask,
    maskName,
  };
}

/** Whether the digits are as many as E.164 allows. */
export function isNumber(digits: string): boolean {
  return digits.length >= FEWEST_DIGITS && digits.length <= MOST_DIGITS;
}

/** Every piece of digits with which a number could end. */
function endings(digits: string): string[] {
  const count = Math.max(0, digits.length - FEWEST_DIGITS + 1);
  return Array.from({ length: count }, (_, at) => digits.slice(at, at + FEWEST_DIGITS));
}

interface Range {
  start: number;
  end: number;
}

/** A `+` and enough digits, however people write them apart. */
function findInternational(run: DigitRun): Range[] {
  const found: Range[] = [];
  let passed = 0;
  for (const first of run.plusAt) {
    while ((run.joints[passed]?.at ?? Infinity) <= first) passed += 1;
    const next = findInternationalEnd(run, first, passed);
    if (next - first >= FEWEST_DIGITS)
      found.push({ start: startOf(run, first), end: endOf(run, next - 1) });
  }
  return found;
}

/**
 * Behind which digit a number ends that begins with a `+`: where a list goes on, if there are enough
 * digits before. With too many digits, behind as many as a number can have, up to something that few
 * people write within one.
 */
function findInternationalEnd({ joints, digits }: DigitRun, first: number, from: number): number {
  let firstList: number | undefined;
  let longest: number | undefined;
  for (let index = from; index < joints.length; index += 1) {
    const joint = joints[index];
    if (joint === undefined || joint.at - first > MOST_DIGITS) break;
    if (joint.kind === "list") firstList ??= joint.at;
    if (joint.at - first >= FEWEST_DIGITS) longest = joint.at;
  }
  if (firstList !== undefined && firstList - first >= FEWEST_DIGITS) return firstList;
  return digits.length - first > MOST_DIGITS ? (longest ?? digits.length) : digits.length;
}

/** Known numbers: whole ones wherever they stand, the end of one only where no digit touches it. */
function findKnown(run: DigitRun, whole: ReadonlySet<string>, ends: ReadonlySet<string>): Range[] {
  const found: Range[] = [];
  const { digits } = run;
  for (let last = FEWEST_DIGITS - 1; last < digits.length; last += 1) {
    if (!ends.has(digits.slice(last + 1 - FEWEST_DIGITS, last + 1))) continue;
    const end = endOf(run, last);
    const isFree = last + 1 === digits.length || run.starts[last + 1] !== end;
    const longest = Math.min(MOST_DIGITS, last + 1);
    for (let length = longest; length >= FEWEST_DIGITS; length -= 1) {
      const first = last + 1 - length;
      const piece = digits.slice(first, last + 1);
      if (whole.has(piece)) {
        found.push({ start: startOf(run, first), end });
        break;
      }
      if (!isFree || !ends.has(piece)) continue;
      // As it is dialled within its country, with or without the zero in front.
      const from = [first - 1, first].find(
        (at) => at >= 0 && (at === first || digits[at] === "0") && isFreeBefore(run, at),
      );
      if (from === undefined) continue;
      found.push({ start: startOf(run, from), end });
      break;
    }
  }
  return found;
}

function isFreeBefore(run: DigitRun, at: number): boolean {
  return at === 0 || run.ends[at - 1] !== run.starts[at];
}

/** Where a digit begins, with the `+` or the bracket that stands before it. */
function startOf(run: DigitRun, at: number): number {
  return run.openings[at] ?? run.starts[at] ?? 0;
}

function endOf(run: DigitRun, at: number): number {
  return run.ends[at] ?? 0;
}

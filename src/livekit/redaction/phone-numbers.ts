import { type DigitRun, readDigitRuns, replaceRanges } from "./digit-runs.js";

/** Removes telephone numbers from texts, unless the agent has opted in to them. */
export interface PhoneNumbers {
  readonly areKept: boolean;
  /** Masks this number from now on wherever it is, if it is a number: E.164 has 7 to 15 digits. */
  learn(number: string): void;
  /**
   * Calls `listen` for each new number with its last digits, because a text that has them may have to be
   * masked again (see `findEndings`). Without them every text has to be, because there are too many
   * numbers now.
   */
  onLearnt(listen: (ending: string | undefined) => void): () => void;
  /**
   * Calls `listen` when a number of the text is learnt. Other numbers cost nothing, so a call stays
   * cheap however many callers came before.
   */
  watch(text: string, listen: () => void): () => void;
  /**
   * Masks numbers in international form (`+15105550100`) and known numbers. Other digits stay, because
   * they may be an id or a time.
   */
  mask(text: string): string;
  /** Masks the identity or name of a telephone caller, which contains the number. */
  maskName(name: string): string;
}

export const MASK = "[number]";
/** E.164 has 7 to 15 digits. Fewer are an extension, which identifies nobody. */
const FEWEST_DIGITS = 7;
const MOST_DIGITS = 15;
/** If there are more numbers than this, every text is masked like a caller's name. */
const MOST_NUMBERS = 10_000;
/** No name is longer. A longer one is masked like a caller's. */
export const LONGEST_WATCHED_CHARS = 4096;

export function createPhoneNumbers(areKept: boolean): PhoneNumbers {
  const whole = new Set<string>();
  /** The ends of known numbers that are long enough to be the number without its country code. */
  const ends = new Set<string>();
  const listeners = new Set<(ending: string | undefined) => void>();
  /** Listeners by digits: each waits for a number that ends with digits of its text. */
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
      // A text this long is no number, in whatever form.
      if (areKept || number.length > LONGEST_WATCHED_CHARS) return;
      const digits = readDigitRuns(number)
        .map((run) => run.digits)
        .join("");
      if (!isNumber(digits) || whole.has(digits) || whole.size >= MOST_NUMBERS) return;
      whole.add(digits);
      for (let length = FEWEST_DIGITS; length <= digits.length; length += 1)
        ends.add(digits.slice(-length));
      const ending = digits.slice(-FEWEST_DIGITS);
      const isFull = whole.size >= MOST_NUMBERS;
      for (const listen of listeners) listen(isFull ? undefined : ending);
      const waiting = isFull
        ? new Set([...watchers.values()].flatMap((each) => [...each]))
        : watchers.get(ending);
      for (const listen of waiting ?? []) listen();
    },
    onLearnt(listen) {
      listeners.add(listen);
      return () => listeners.delete(listen);
    },
    watch(text, listen) {
      if (areKept || text.length > LONGEST_WATCHED_CHARS) return () => undefined;
      const keys = findEndings(text);
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

/** Every piece of a text's digits with which a number could end. */
export function findEndings(text: string): ReadonlySet<string> {
  return new Set(readDigitRuns(text, FEWEST_DIGITS).flatMap(({ digits }) => endings(digits)));
}

function endings(digits: string): string[] {
  const count = Math.max(0, digits.length - FEWEST_DIGITS + 1);
  return Array.from({ length: count }, (_, at) => digits.slice(at, at + FEWEST_DIGITS));
}

interface Range {
  start: number;
  end: number;
}

/** Finds a `+` with enough digits, with any marks between them. */
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
 * The index after the last digit of a number that begins with a `+`.
 *
 * - If a list goes on after enough digits, the number ends there.
 * - If there are more digits than a number may have, it ends at the last unusual mark within that
 *   length.
 * - Otherwise it ends with the run.
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

/**
 * Finds known numbers. A whole number counts anywhere. The end of a number counts only if no other
 * digit touches it.
 */
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
      // A number as it is dialled within its country, with or without a leading zero.
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

/** Where a digit begins, including the `+` or the bracket before it. */
function startOf(run: DigitRun, at: number): number {
  return run.openings[at] ?? run.starts[at] ?? 0;
}

function endOf(run: DigitRun, at: number): number {
  return run.ends[at] ?? 0;
}

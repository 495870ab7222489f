/** Takes telephone numbers out of texts, unless the agent has opted in to them. */
export interface PhoneNumbers {
  readonly areKept: boolean;
  /** From now on this number is masked wherever it stands. */
  learn(number: string): void;
  /** Tells of each number that is new, after which a text may have to be masked again. */
  onLearnt(listen: () => void): () => void;
  /**
   * The text without numbers that are written internationally (`+15105550100`), or that are known.
   * Other digits may be an id or a time, and stay.
   */
  mask(text: string): string;
  /** The identity or name of somebody on the telephone, which is made of the number. */
  maskName(name: string): string;
}

export const MASK = "[number]";
/** Shorter ones are extensions, which tell nobody who calls. */
const FEWEST_DIGITS = 5;
/** As many digits from the end of a number are it, though its first ones are left out. */
const FEWEST_LAST_DIGITS = 7;
const INTERNATIONAL = /\+\d[\d\s().-]{4,}\d/g;
const LONG_NUMBER = /\+?\d[\d\s().-]{4,}\d/g;
/** What people write between the digits of a number. */
const BETWEEN = "[\\s().-]{0,3}";

export function createPhoneNumbers(areKept: boolean): PhoneNumbers {
  const known = new Map<string, RegExp[]>();
  const listeners = new Set<() => void>();

  function mask(text: string): string {
    if (areKept) return text;
    let masked = text.replace(INTERNATIONAL, MASK);
    for (const forms of known.values())
      for (const form of forms) masked = masked.replace(form, MASK);
    return masked;
  }

  return {
    areKept,
    learn(number) {
      const digits = number.replace(/\D/g, "");
      if (areKept || digits.length < FEWEST_DIGITS || known.has(digits)) return;
      known.set(digits, formsOf(digits));
      for (const listen of listeners) listen();
    },
    onLearnt(listen) {
      listeners.add(listen);
      return () => listeners.delete(listen);
    },
    mask,
    maskName: (name) => (areKept ? name : mask(name).replace(LONG_NUMBER, MASK)),
  };
}

/** How a number may be written, the whole one first. */
function formsOf(digits: string): RegExp[] {
  // So few digits may also be within a longer id.
  if (digits.length < FEWEST_LAST_DIGITS) return [new RegExp(`(?<!\\d)\\+?${digits}(?!\\d)`, "g")];
  const whole = digits.split("").join(BETWEEN);
  const last = digits.slice(-FEWEST_LAST_DIGITS).split("").join(BETWEEN);
  let before = "";
  for (const digit of digits.slice(0, -FEWEST_LAST_DIGITS).split(""))
    before = `(?:${before}${digit}${BETWEEN})?`;
  return [
    new RegExp(`\\+?${whole}`, "g"),
    // As it is dialled within its country, with or without the zero in front.
    new RegExp(`(?<!\\d)\\(?(?:0${BETWEEN})?${before}${last}(?!\\d)`, "g"),
  ];
}

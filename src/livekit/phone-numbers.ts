/** Takes telephone numbers out of texts, unless the agent has opted in to them. */
export interface PhoneNumbers {
  readonly areKept: boolean;
  /** From now on this number is masked wherever it stands. */
  learn(number: string): void;
  /** The text without numbers that are known, or that are written internationally (`+15105550100`). */
  mask(text: string): string;
  /** The identity or name of somebody on the telephone, which is made of the number. */
  maskName(name: string): string;
}

const MASK = "[number]";
/** Shorter ones are extensions, which tell nobody who calls. */
const FEWEST_DIGITS = 5;
const INTERNATIONAL = /\+\d[\d\s().-]{4,}\d/g;
const LONG_NUMBER = /\+?\d[\d\s().-]{4,}\d/g;

export function createPhoneNumbers(areKept: boolean): PhoneNumbers {
  const known = new Set<string>();

  function mask(text: string): string {
    if (areKept) return text;
    let masked = text.replace(INTERNATIONAL, MASK);
    for (const number of known) masked = masked.replaceAll(number, MASK);
    return masked;
  }

  return {
    areKept,
    learn(number) {
      const digits = number.replace(/\D/g, "");
      if (digits.length < FEWEST_DIGITS) return;
      // The longer form first, or its plus sign would be left.
      known.add(`+${digits}`).add(number).add(digits);
    },
    mask,
    maskName: (name) => (areKept ? name : mask(name).replace(LONG_NUMBER, MASK)),
  };
}

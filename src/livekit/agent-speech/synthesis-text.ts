import { skipLeadingMarkup, withoutMarkup } from "../../record/index.js";

/** The text of a synthesis, which arrives part by part, and the words that a voice says of it. */
export interface SynthesisText {
  push(more: string): void;
  /** Whether it has anything that a voice says. */
  hasSpeech(): boolean;
  /** The text without its markup. */
  spoken(): string;
  /** The text as it went to synthesis; undefined if it has no markup. */
  withMarkup(): string | undefined;
}

/** Longer tags are rare: only those that hold a text or audio. */
const LONG_TAG = 1024;

export function createSynthesisText(): SynthesisText {
  let text = "";
  /** The text after the leading markup. It is emptied once something is spoken. */
  let undecided = "";
  /** The length of `undecided` when it was read last. */
  let read = 0;
  let hasSpeech = false;
  let spoken: { of: number; text: string } | undefined;

  function findSpoken(): string {
    if (spoken?.of !== text.length) spoken = { of: text.length, text: withoutMarkup(text).trim() };
    return spoken.text;
  }

  return {
    push(more) {
      text += more;
      if (hasSpeech) return;
      undecided += more;
      // A long tag may come character by character. It is not read again for each character.
      if (undecided.length > LONG_TAG && undecided.length < 2 * read && !more.includes(">")) return;
      read = undecided.length;
      const rest = skipLeadingMarkup(undecided);
      if (rest === undefined) return;
      hasSpeech = rest !== "";
      undecided = "";
      read = 0;
    },
    hasSpeech: () => hasSpeech,
    spoken: findSpoken,
    withMarkup() {
      const whole = text.trim();
      return findSpoken() === whole ? undefined : whole;
    },
  };
}

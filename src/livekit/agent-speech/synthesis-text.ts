import { skipLeadingMarkup, withoutMarkup } from "../../record/index.js";

/** The text of a synthesis as it arrives, part by part, and what a voice says of it. */
export interface SynthesisText {
  push(more: string): void;
  /** Whether there is something that a voice says. */
  hasSpeech(): boolean;
  /** The text without its markup. */
  spoken(): string;
  /** The text as it went to synthesis, where it has markup. */
  withMarkup(): string | undefined;
}

/** Tags are shorter than this, but for those that hold a text or sound themselves. */
const LONG_TAG = 1024;

export function createSynthesisText(): SynthesisText {
  let text = "";
  /** What has come after the markup at the beginning; emptied once something is spoken. */
  let undecided = "";
  /** How much of it was there when it was read last. */
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
      // A long tag that comes character by character is not read anew for each of them.
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

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

export function createSynthesisText(): SynthesisText {
  let text = "";
  /** What has come after the markup at the beginning; emptied once something is spoken. */
  let undecided = "";
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
      const rest = skipLeadingMarkup(undecided);
      if (rest === undefined) return;
      hasSpeech = rest !== "";
      undecided = "";
    },
    hasSpeech: () => hasSpeech,
    spoken: findSpoken,
    withMarkup() {
      const whole = text.trim();
      return findSpoken() === whole ? undefined : whole;
    },
  };
}

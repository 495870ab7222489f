import type { SessionAmendment } from "../../record/index.js";
import { maskMetadata } from "./dispatch-metadata.js";
import { type PhoneNumbers, findEndings } from "./phone-numbers.js";

type Field = "room" | "dispatch_metadata";

/** The room's name and the dispatch metadata, which may hold telephone numbers. */
export interface SessionNames {
  /** The text in the form that may be written now. */
  mask(field: Field, text: string): string;
  /** Writes a text again when a number in it becomes known. Returns a function that ends this. */
  follow(write: (amendment: SessionAmendment) => void): () => void;
}

interface GivenText {
  text: string;
  written: string;
  endings: ReadonlySet<string>;
}

export function createSessionNames(numbers: PhoneNumbers): SessionNames {
  const given = new Map<Field, GivenText>();

  function maskText(field: Field, text: string): string {
    return field === "room" ? numbers.mask(text) : maskMetadata(text, numbers);
  }

  return {
    mask(field, text) {
      const written = maskText(field, text);
      // A text without the digits of a new number is not read again, however many callers come.
      const endings = numbers.areKept ? new Set<string>() : findEndings(text);
      given.set(field, { text, written, endings });
      return written;
    },
    follow: (write) =>
      numbers.onLearnt((ending) => {
        const changed: SessionAmendment = {};
        for (const [field, { text, written, endings }] of given) {
          if (ending !== undefined && !endings.has(ending)) continue;
          const masked = maskText(field, text);
          if (masked === written) continue;
          given.set(field, { text, written: masked, endings });
          changed[field] = masked;
        }
        if (Object.keys(changed).length > 0) write(changed);
      }),
  };
}

import type { Conversation } from "../record/index.js";
import type { ImportContent } from "./content.js";

/** A call of a file, as a document of the newest format that is not in a folder yet. */
export interface ImportedConversation {
  /** The form of this call. A file of spans may hold calls of several. */
  format: string;
  /** The whole document, except `session.imported_from`. */
  conversation: Conversation;
  /** What this call's file did not have, in words for people. */
  missing: readonly string[];
  /** The file says no time at all. The document has 1970, because its format needs one. */
  isUndated?: true;
  /** The session's id is TalkTrace's own, so a document with the same id is the same call. */
  hasOwnId?: true;
}

/** What a form is. docs/imports.md is generated from these. */
export interface ImportFormatFacts {
  /** The name in `session.imported_from`. */
  name: string;
  /** What makes such files, in a few words. */
  origin: string;
  /** What in its content tells it. */
  recognizedBy: string;
  kept: string;
  /** What such a file never has. */
  missing: string;
}

/** A form of files with calls. */
export interface ImportFormat extends ImportFormatFacts {
  /** The forms within it, if one file may hold calls of several. */
  variants?: readonly ImportFormatFacts[];
  /** Whether the content is of this form. It throws nothing. Pure. */
  recognizes(content: ImportContent): boolean;
  /**
   * The calls of a file that `recognizes()` took, one after the other.
   *
   * @throws {ImportError} with the reason, if the file breaks its form
   */
  read(content: ImportContent): AsyncIterable<ImportedConversation>;
}

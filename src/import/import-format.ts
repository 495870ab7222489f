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
  /** The file says no time at all. The document has `UNDATED_START`. */
  isUndated?: true;
  /**
   * The session's id is one that its maker gives to no other call. So a document with the same id is the
   * same call, whatever file it comes from.
   */
  hasOwnId?: true;
}

/** A part of a file that gives no call, e.g. an item of a list, with the reason. */
export interface UnreadPart {
  format: string;
  problem: string;
  /** It holds no call that could be imported, e.g. it only says that there are more pages. */
  isSkipped?: true;
}

/** What the user says of a file, because the file does not. */
export interface ImportOptions {
  /** Who is on each channel of a recording, or each speaker of one channel, in their order. */
  channels?: readonly ("user" | "agent")[];
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
  /** The names of its fields, with their units, as far as they are read. */
  fields?: string;
  /** Where its maker describes it. */
  describedIn?: string;
}

/** A form of files with calls. */
export interface ImportFormat extends ImportFormatFacts {
  /** The forms within it, if one file may hold calls of several. */
  variants?: readonly ImportFormatFacts[];
  /** Whether the content is of this form. It throws nothing. Pure. */
  recognizes(content: ImportContent): boolean;
  /**
   * The calls of a file that `recognizes()` took, one after the other, and what of it is no call.
   *
   * @throws {ImportError} with the reason, if the file breaks its form
   */
  read(
    content: ImportContent,
    options?: ImportOptions,
  ): AsyncIterable<ImportedConversation | UnreadPart>;
}

import type { ErrorObject, ValidateFunction } from "ajv";
import { compileSchema } from "./compile-schema.js";
import type { Timestamp } from "./conversation.js";
import { RecordError } from "./errors.js";
import { parseJson } from "./parse-json.js";

/** The version of the sidecar's format that this code writes. */
export const SIDECAR_FORMAT = 1;

/** How good a call was. */
export const VERDICTS = ["good", "bad", "unsure"] as const;
export type CallVerdict = (typeof VERDICTS)[number];

/**
 * What people, and their rules, say about a call. It is the file `<name>.tags.json` beside the
 * conversation, which itself is never changed.
 */
export interface Sidecar {
  format: 1;
  /** Each tag once, in the order in which they were given. */
  tags: string[];
  verdict: CallVerdict | null;
  notes: CallNote[];
  /**
   * The highest number that a note's id had when a note was removed, because an id is never given twice.
   *
   * @asType integer
   * @minimum 0
   * @maximum 999999999999999
   */
  last_note_number?: number;
  /** A language model's text on what the call was about. */
  summary?: CallSummaryText;
}

/** A note on a call, or on a moment of it. */
export interface CallNote {
  /** Unique in this file: `n_1`, `n_2`, ... */
  id: string;
  at: Timestamp;
  /** Who wrote it. */
  by: string;
  text: string;
  /** The message that the note is about. */
  message_id?: string;
  /** The moment that the note is about, in seconds from the session's start. */
  at_s?: number;
}

export interface CallSummaryText {
  text: string;
  model: string;
  at: Timestamp;
}

const SCHEMA_FILE = "docs/tags.schema.json";
const TAG = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}_.:/-]{0,63}$/u;
let validate: ValidateFunction<Sidecar> | undefined;

export function emptySidecar(): Sidecar {
  return { format: SIDECAR_FORMAT, tags: [], verdict: null, notes: [] };
}

/**
 * Whether a text may be a tag: letters, digits and `_.:/-`, at most 64 characters, so that `tag:` can
 * name it.
 */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/**
 * Reads the text of a sidecar. `name` is the file's name in messages. Unknown keys are kept.
 *
 * Throws a `RecordError` if the text is no JSON, is no sidecar, or is of a newer version.
 */
export function parseSidecar(text: string, name: string): Sidecar {
  const fail = (fact: string): RecordError =>
    new RecordError("NOT_A_CONVERSATION", `Cannot read tags "${name}": ${fact}`, { path: "" });
  try {
    const value = parseJson(text, `tags "${name}"`);
    const format = (value as { format?: unknown } | null)?.format;
    if (typeof format === "number" && format > SIDECAR_FORMAT)
      throw new RecordError(
        "FORMAT_FROM_FUTURE",
        `Cannot read tags "${name}": format ${format} was written by a newer version of TalkTrace; update it to read it`,
      );
    validate ??= compileSchema<Sidecar>(SCHEMA_FILE);
    if (validate(value)) return value;
    throw fail(`${describeFirst(validate.errors)}; ${SCHEMA_FILE} has the shape`);
  } catch (error) {
    if (error instanceof RangeError) throw fail("it is nested too deeply");
    throw error;
  }
}

function describeFirst(errors: readonly ErrorObject[] | null | undefined): string {
  const [error] = errors ?? [];
  return error === undefined
    ? "it does not fit the schema"
    : `"${error.instancePath}" ${error.message ?? "does not fit"}`;
}

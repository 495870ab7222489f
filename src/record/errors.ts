/**
 * - `NOT_JSON`: the text is no JSON, or only the beginning of one.
 * - `NOT_A_CONVERSATION`: JSON, but not the shape of the format it says it has.
 * - `FORMAT_FROM_FUTURE`: written by a newer version of TalkTrace.
 * - `FORMAT_UNKNOWN`: `format` is something that no version of TalkTrace ever wrote.
 */
export type RecordErrorCode =
  | "NOT_JSON"
  | "NOT_A_CONVERSATION"
  | "FORMAT_FROM_FUTURE"
  | "FORMAT_UNKNOWN";

/** A conversation that cannot be read. The message states the fact and, where there is one, the way out. */
export class RecordError extends Error {
  override readonly name = "RecordError";
  readonly code: RecordErrorCode;
  /** Where the offending value is, as a JSON pointer, e.g. `/conversation/2/content`; `""` is the whole. */
  readonly path: string | undefined;

  constructor(
    code: RecordErrorCode,
    message: string,
    details: { path?: string; cause?: unknown } = {},
  ) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.path = details.path;
  }
}

/** The error for JSON that does not have the shape: `fact` names the value at `path`. */
export function notAConversation(
  name: string,
  path: string,
  fact: string,
  cause?: unknown,
): RecordError {
  return new RecordError("NOT_A_CONVERSATION", `Cannot read conversation "${name}": ${fact}`, {
    path,
    ...(cause !== undefined && { cause }),
  });
}

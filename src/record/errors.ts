/**
 * - `NOT_JSON`: the text is no JSON, or only the beginning of JSON.
 * - `NOT_A_CONVERSATION`: it is JSON, but has not the shape of its format.
 * - `FORMAT_FROM_FUTURE`: a newer version of TalkTrace wrote it.
 * - `FORMAT_UNKNOWN`: no version of TalkTrace ever wrote this `format`.
 */
export type RecordErrorCode =
  | "NOT_JSON"
  | "NOT_A_CONVERSATION"
  | "FORMAT_FROM_FUTURE"
  | "FORMAT_UNKNOWN";

/** A conversation that cannot be read. The message states the fact and, if there is one, the way out. */
export class RecordError extends Error {
  override readonly name = "RecordError";
  readonly code: RecordErrorCode;
  /**
   * Where the wrong value is, as a JSON pointer, e.g. `/conversation/2/content`; `""` is the whole
   * document.
   */
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

/** The error for JSON of the wrong shape. `fact` names the value at `path`. */
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

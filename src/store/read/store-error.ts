/**
 * - `NOT_FOUND`: there is neither a file nor a journal.
 * - `UNREADABLE`: the system does not allow reading it.
 */
export type StoreErrorCode = "NOT_FOUND" | "UNREADABLE";

/** A file or folder that cannot be read. `cause` is the system's error. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

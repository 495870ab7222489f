/** Why a file, or a part of it, cannot be imported. The message states the fact and the way out. */
export class ImportError extends Error {
  override readonly name: string = "ImportError";
}

/** The file is of no form that holds calls. In a folder there may be many such files. */
export class UnknownFormError extends ImportError {
  override readonly name = "UnknownFormError";
}

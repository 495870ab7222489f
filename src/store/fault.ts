/** The code of a system error, e.g. `ENOSPC`; `undefined` for any other error. */
export function faultCode(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** An error in words, e.g. `no space left on device (ENOSPC)`. */
export function describeFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = faultCode(error);
  if (code === undefined) return error.message;
  const [words = ""] = error.message.replace(`${code}: `, "").split(", ");
  return `${words} (${code})`;
}

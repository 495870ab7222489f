/** The default folder of conversations for commands, which is where agents write them. */
export function conversationsDirectory(): string {
  return process.env["TALKTRACE_DIRECTORY"]?.trim() || "conversations";
}

/** Where commands look for conversations unless they are told: where agents write them. */
export function conversationsDirectory(): string {
  return process.env["TALKTRACE_DIRECTORY"]?.trim() || "conversations";
}

import type { AgentMessage } from "../record/index.js";

/** What of a message was made and not heard; undefined when all was heard. Pure. */
export function findUnheard({ content, generated }: AgentMessage): string | undefined {
  if (generated === undefined) return undefined;
  return generated.startsWith(content) ? generated.slice(content.length).trim() : generated;
}

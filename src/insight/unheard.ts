import type { AgentMessage } from "../record/index.js";

/** The part of a message that was generated but not heard; undefined if all was heard. Pure. */
export function findUnheard({ content, generated }: AgentMessage): string | undefined {
  if (generated === undefined) return undefined;
  return generated.startsWith(content) ? generated.slice(content.length).trim() : generated;
}

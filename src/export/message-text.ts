import { type Message, type UnspokenMessage, findUnheard } from "../record/index.js";
import type { TextKind } from "./export-format.js";

/** The words of a message that an export has. */
export interface MessageText {
  /** Empty if there are none, e.g. nothing of a reply was heard. */
  text: string;
  /** With `both`: the words that were not heard. */
  unheard: string | undefined;
}

/**
 * The words of a message by the kind that was asked for. A user's words are the transcript; with
 * `generated` they are what the agent took them as. Pure.
 */
export function textOf(message: Message | UnspokenMessage, kind: TextKind): MessageText {
  if (message.role === "user")
    return {
      text: kind === "generated" ? (message.taken_as ?? message.content) : message.content,
      unheard: undefined,
    };
  if ("reason" in message)
    return {
      text: kind === "generated" ? message.content : "",
      unheard: kind === "both" ? message.content : undefined,
    };
  if (kind === "generated")
    return { text: message.generated ?? message.content, unheard: undefined };
  return {
    text: message.content,
    unheard: kind === "both" ? findUnheard(message) || undefined : undefined,
  };
}

/** Whether an export of this kind has any words of the message. Pure. */
export function hasText(message: Message | UnspokenMessage, kind: TextKind): boolean {
  const { text, unheard } = textOf(message, kind);
  return text.trim() !== "" || unheard !== undefined;
}

/** The words of a kind in plain English, for a line such as "text: what was heard". */
export const TEXT_NAMES: Readonly<Record<TextKind, string>> = {
  heard: "what was heard",
  generated: "what was generated, heard or not",
  both: "what was heard, and marked apart what was not",
};

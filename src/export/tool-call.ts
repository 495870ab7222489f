import { hasFailed } from "../insight/index.js";
import type { ConversationEvent } from "../record/index.js";
import { textOfData } from "../record/json-data.js";

/** A tool call in the form for people and chats. */
export interface ToolCall {
  name: string;
  /** LiveKit's id of the call; undefined if it is not recorded. */
  callId: string | undefined;
  /** JSON, as the model wrote it; `{}` if there are none. */
  arguments: string;
  /** Undefined if there is none, e.g. the tool was cut short. */
  output: string | undefined;
  isError: boolean;
  duration_s: number | undefined;
}

/** Reads an event of type `tool_call`. What it does not have is missing. Pure. */
export function readToolCall(event: ConversationEvent): ToolCall {
  const { data } = event;
  const { name, call_id, duration_s } = data;
  const given = textOfData(data["arguments"]);
  return {
    name: typeof name === "string" && name !== "" ? name : "unknown",
    callId: typeof call_id === "string" && call_id !== "" ? call_id : undefined,
    arguments: given === undefined || given === "" ? "{}" : given,
    output: textOfData(data["output"]),
    // As `show` and the findings tell it.
    isError: hasFailed(event),
    duration_s: typeof duration_s === "number" ? duration_s : undefined,
  };
}

import type { Conversation, JsonValue } from "../../src/record/index.js";

/** Each would run or load something where a page took it for markup. */
export const HOSTILE_MARKUP = [
  '<img src=x onerror="window.hit=1">',
  "<script>window.hit=1</script>",
  '"><svg onload=window.hit=1>',
  "</script><script>window.hit=1</script>",
  "javascript:window.hit=1",
  "{{constructor.constructor('window.hit=1')()}}",
  '<iframe srcdoc="<script>parent.hit=1</script>"></iframe>',
  "\u202e<b>turned</b>\u202c",
] as const;

/** A name of a file that is markup, without the slash that no name may have. */
export const HOSTILE_NAME = 'conversation_<img src=x onerror="window.hit=1">';

/** Keys whose values the format restricts, so that a reader would refuse the file. */
const RESTRICTED =
  /^(format|id|seq|turn_id|role|timestamp|started_at|ended_at|status|delivery|trace_id|span_id|origin|reason|heard_by|discarded|speech_end_by|interrupted_by|provider)$/;

/** The call with markup in every text that the format leaves open. Pure. */
export function makeHostile(conversation: Conversation): Conversation {
  let at = 0;
  const change = (value: JsonValue, key: string): JsonValue => {
    if (typeof value === "string")
      return RESTRICTED.test(key) ? value : HOSTILE_MARKUP[at++ % HOSTILE_MARKUP.length]!;
    if (Array.isArray(value)) return value.map((each) => change(each, key));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, change(each, name)]),
    );
  };
  return change(conversation as unknown as JsonValue, "") as unknown as Conversation;
}

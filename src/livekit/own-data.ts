import { SPAN } from "../../otel/index.js";
import type { ObservedConversation } from "./conversation.js";
import { DATA_LIMITS, type JsonObject, copyJsonObject } from "./json-data.js";
import { activeSpanContext } from "./span-context.js";

/** What the agent's own code adds to a record. */
export interface OwnData {
  annotate(type: string, data: unknown): void;
  setAttributes(attributes: unknown): void;
}

/** Events that are TalkTrace's own: nobody else's may be taken for one. */
const RESERVED: ReadonlySet<string> = new Set([
  "tool_call",
  "agent_handoff",
  "false_interruption",
  "implausible_figure",
  "dtmf",
  "participant_linked",
  "error",
]);

/**
 * Takes what the agent's own code adds, while `conversation` gives one. What cannot be taken is left
 * out and reported, once for each reason; nothing throws.
 */
export function takeOwnData(
  conversation: () => ObservedConversation | undefined,
  initial: unknown,
  report: (line: string) => void,
): OwnData & { initialAttributes(): JsonObject | undefined } {
  const reported = new Set<string>();
  let attributes: JsonObject = {};

  function attempt(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const line = `Cannot ${what}: ${why}; it is left out`;
      if (reported.has(line) || reported.size >= 100) return;
      reported.add(line);
      report(line);
    }
  }

  function merge(more: unknown): JsonObject {
    const copy = copyJsonObject(more);
    for (const name of Object.keys(copy)) needName(name);
    // The limit is one for all together.
    attributes = copyJsonObject({ ...attributes, ...copy });
    return copy;
  }

  if (initial !== undefined) attempt("set attributes", () => void merge(initial));

  return {
    initialAttributes: () => (Object.keys(attributes).length === 0 ? undefined : attributes),
    annotate(type, data) {
      const label = typeof type === "string" ? type.slice(0, DATA_LIMITS.nameChars) : typeof type;
      attempt(`annotate "${label}"`, () => {
        needName(type);
        if (RESERVED.has(type))
          throw new TypeError("the name is TalkTrace's own; choose another one");
        const copy = data === undefined ? {} : copyJsonObject(data);
        const { spans, clock, turns } = needOpen(conversation());
        spans.event(
          { type, atMs: clock.now(), turnId: turns.latest()?.id, data: copy },
          activeSpanContext(),
        );
      });
    },
    setAttributes(more) {
      attempt("set attributes", () => {
        const copy = merge(more);
        const current = conversation();
        // Those that are set before the session starts are in its first span.
        current?.spans.amendSession(SPAN.sessionAmended, { attributes: copy }, current.clock.now());
      });
    },
  };
}

function needName(name: unknown): asserts name is string {
  const isName = typeof name === "string" && name !== "" && name.length <= DATA_LIMITS.nameChars;
  if (!isName)
    throw new TypeError(
      `a name has 1 to ${DATA_LIMITS.nameChars} characters, got ${typeof name === "string" ? `${name.length}` : `a ${typeof name}`}`,
    );
}

function needOpen(conversation: ObservedConversation | undefined): ObservedConversation {
  if (conversation === undefined)
    throw new TypeError("the session is not running; call it between its start and its close");
  return conversation;
}

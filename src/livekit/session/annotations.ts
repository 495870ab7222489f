import { SPAN } from "../../../otel/index.js";
import { isError, messageOf } from "../../platform/message-of.js";
import { EVENT_TYPES } from "../../record/index.js";
import type { ObservedConversation } from "../conversation/observed-conversation.js";
import {
  DATA_LIMITS,
  type JsonObject,
  copyJsonObject,
  needPlainObject,
} from "../../record/json-data.js";
import { activeSpanContext } from "../livekit-facts/active-span.js";

/** Functions by which the agent's own code adds data to a record. */
export interface OwnData {
  annotate(type: string, data: unknown): void;
  setAttributes(attributes: unknown): void;
}

/** The agent's own events must not have the name of one of TalkTrace's. */
const RESERVED: ReadonlySet<string> = new Set(EVENT_TYPES);

/**
 * Adds data of the agent's own code while `conversation` returns a conversation. Data that cannot be
 * recorded are left out and reported, once for each reason. Nothing throws.
 */
export function takeOwnData(
  conversation: () => ObservedConversation | undefined,
  initial: unknown,
  report: (line: string) => void,
): OwnData & { beginSession(): JsonObject | undefined } {
  const reported = new Set<string>();
  /** Attributes of every session. */
  let given: JsonObject = {};
  /** Attributes of the running session, and of the next one. */
  let running: JsonObject = {};
  let coming: JsonObject = {};

  function attempt(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      const why = isError(error) ? messageOf(error) : "it cannot be read";
      const line = `Cannot ${what}: ${why}; it is left out`;
      if (reported.has(line) || reported.size >= 100) return;
      reported.add(line);
      report(line);
    }
  }

  /**
   * Each attribute is taken by itself, so a wrong one costs no other. The size limit counts all
   * together.
   */
  function takeAttributes(present: JsonObject, more: unknown): JsonObject {
    const taken: JsonObject = {};
    attempt("set attributes", () => {
      needPlainObject(more);
      for (const [name, value] of Object.entries(more)) {
        attempt(`set the attribute "${name.slice(0, DATA_LIMITS.nameChars)}"`, () => {
          needName(name);
          const copy = copyJsonObject({ [name]: value as unknown }, "attributes");
          copyJsonObject({ ...present, ...taken, ...copy });
          Object.assign(taken, copy);
        });
      }
    });
    return taken;
  }

  if (initial !== undefined) coming = given = takeAttributes({}, initial);

  return {
    beginSession() {
      running = coming;
      coming = given;
      return Object.keys(running).length === 0 ? undefined : running;
    },
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
      const current = conversation();
      // Attributes set before the session starts go into its first span.
      if (current === undefined) {
        coming = { ...coming, ...takeAttributes(coming, more) };
        return;
      }
      const attributes = takeAttributes(running, more);
      if (Object.keys(attributes).length === 0) return;
      running = { ...running, ...attributes };
      current.spans.amendSession(SPAN.sessionAmended, { attributes }, current.clock.now());
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

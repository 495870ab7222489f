import type { metrics, voice } from "@livekit/agents";
import type { SpeechService } from "../../otel/index.js";
import type { JsonValue } from "../record/index.js";
import type { AgentSpeech } from "./agent-speech/agent-speech.js";
import type { ObservedConversation } from "./conversation/observed-conversation.js";
import { isCalledByAnother } from "./instrumentation/adapters.js";
import { guardListener } from "./instrumentation/guard.js";
import { activeSpanContext } from "./livekit-facts/active-span.js";
import { roundToMillis } from "./livekit-facts/livekit-units.js";
import { valueAt } from "./livekit-facts/private-property.js";
import { messageOf } from "../platform/message-of.js";
import { followToolCalls } from "./session/tool-calls.js";
import type { CommittedTurn } from "./user-speech/turn-completion.js";
import type { UserSpeech } from "./user-speech/user-speech.js";

export interface SessionEventHandlers {
  /** Another agent takes over. LiveKit tells before that agent opens any stream. */
  onHandoff(): void;
  /** The service that hears the user, for words that come only by `user_input_transcribed`. */
  describeSpeechToText(event: voice.UserInputTranscribedEvent): SpeechService;
  /** The user state has changed, so a new agent may have begun to listen. */
  onActivity(): void;
  onClose(reason: string): void;
}

/** Event names are strings, because the enum `voice.AgentSessionEventTypes` would load LiveKit. */
type EventName = `${voice.AgentSessionEventTypes}`;

/**
 * Follows the session's own events: committed turns, typed text, tool calls, handoffs, errors and the
 * close. Returns a function that stops this.
 */
export function followSessionEvents(
  session: voice.AgentSession,
  conversation: ObservedConversation,
  user: UserSpeech,
  agent: AgentSpeech,
  handlers: SessionEventHandlers,
): () => void {
  const { spans, clock, guard, turns, figures, plannedSpeeches } = conversation;

  function writeEvent(
    type: string,
    createdAt: number,
    data: { [key: string]: JsonValue },
    turn = turns.latest(),
  ): void {
    const atMs = clock.fromWall(createdAt);
    spans.event({ type, atMs, turnId: turn?.id, data }, activeSpanContext());
  }

  const tools = followToolCalls(conversation, {
    findTurn: (speech, calledMs) => plannedSpeeches.turnOf(speech) ?? turns.latestAt(calledMs),
    write: (createdAt, data, turn) => writeEvent("tool_call", createdAt, data, turn),
  });

  const listeners: { [name in EventName]?: (event: never) => void } = {
    user_state_changed: (event: voice.UserStateChangedEvent) => {
      handlers.onActivity();
      user.onUserState(event);
      if (event.newState === "away") writeEvent("user_away", event.createdAt, {});
      else if (event.oldState === "away") writeEvent("user_returned", event.createdAt, {});
    },
    user_input_transcribed: (event: voice.UserInputTranscribedEvent) =>
      user.onUserTranscribed(event, handlers.describeSpeechToText(event)),
    speech_created: (event: voice.SpeechCreatedEvent) => {
      agent.onSpeechCreated(event);
      tools.onSpeechCreated(event.speechHandle);
    },
    conversation_item_added: ({ item }: voice.ConversationItemAddedEvent) => {
      if (item.type === "agent_handoff") {
        handlers.onHandoff();
        // The first agent takes over from nobody.
        if (item.oldAgentId === undefined) return;
        writeEvent("agent_handoff", item.createdAt, { from: item.oldAgentId, to: item.newAgentId });
        return;
      }
      const content = item.textContent ?? "";
      if (item.role === "assistant") {
        const { createdAt, interrupted } = item;
        agent.onChatItem({ content, createdMs: clock.fromWall(createdAt), interrupted });
      } else if (item.role === "user" && content !== "") {
        if (isSpoken(item)) user.onTurnInChat(content);
        else user.onTypedText(content, clock.fromWall(item.createdAt));
      }
    },
    metrics_collected: ({ metrics: collected }: voice.MetricsCollectedEvent) => {
      if (collected.type === "eou_metrics")
        user.onTurnCommitted(toCommittedTurn(collected, conversation));
    },
    function_tools_executed: (event: voice.FunctionToolsExecutedEvent) => tools.onExecuted(event),
    user_transcription_timeout({ createdAt, speechDuration }: voice.UserTranscriptionTimeoutEvent) {
      const speechS = figures.length("user_transcription_timeout.speechDuration", speechDuration);
      const data = speechS === undefined ? {} : { speech_s: roundToMillis(speechS) };
      writeEvent("transcription_timeout", createdAt, data);
    },
    agent_false_interruption: (event: voice.AgentFalseInterruptionEvent) =>
      writeEvent("false_interruption", event.createdAt, { resumed: event.resumed }),
    error: ({ error, source, createdAt }: voice.ErrorEvent) => {
      // LiveKit emits each failure of a model to every session that shares the model.
      if (source !== undefined && isCalledByAnother(source, guard)) return;
      writeEvent("error", createdAt, describeError(error));
    },
    close: (event: voice.CloseEvent) => handlers.onClose(event.reason),
  };

  const attached = Object.entries(guardListener(listeners, guard)).map(([name, guarded]) => {
    const listen = guarded as (event: unknown) => void;
    session.on(name as voice.AgentSessionEventTypes, listen);
    return () => session.off(name as voice.AgentSessionEventTypes, listen);
  });
  return () => {
    tools.close();
    attached.forEach((detach) => detach());
  };
}

/** A spoken message has a `transcriptConfidence`; a typed one has none. */
function isSpoken(item: { transcriptConfidence?: number | undefined }): boolean {
  return item.transcriptConfidence !== undefined;
}

/** `lastSpeakingTimeMs` is 0 if LiveKit does not know when the user stopped speaking. */
function toCommittedTurn(
  eou: metrics.EOUMetrics,
  { clock, figures }: ObservedConversation,
): CommittedTurn {
  const { speechId } = eou;
  const unknown = { speechEndMs: undefined, committedMs: clock.now(), speechId };
  if (eou.lastSpeakingTimeMs === 0) return unknown;
  const lastMs = figures.moment(
    "eou_metrics.lastSpeakingTimeMs",
    eou.lastSpeakingTimeMs,
    Date.now(),
  );
  const waitMs = figures.wait("eou_metrics.endOfUtteranceDelayMs", eou.endOfUtteranceDelayMs);
  if (lastMs === undefined || waitMs === undefined) return unknown;
  const speechEndMs = clock.fromWall(lastMs);
  return { speechEndMs, committedMs: speechEndMs + waitMs, speechId };
}

/** An agent may emit anything as an error, and its getters may throw. */
function describeError(error: unknown): { [key: string]: JsonValue } {
  const [kind, label] = [valueAt(error, "type"), valueAt(error, "label")];
  const recoverable = valueAt(error, "recoverable");
  return {
    ...(typeof kind === "string" && { kind }),
    ...(typeof label === "string" && { label }),
    message: messageOf(valueAt(error, "error") ?? error),
    ...(typeof recoverable === "boolean" && { recoverable }),
  };
}

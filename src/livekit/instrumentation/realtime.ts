import type { ReadableStream } from "node:stream/web";
import type { llm } from "@livekit/agents";
import type { AudioFrame } from "@livekit/rtc-node";
import type { SpeechService } from "../../../otel/index.js";
import { valueAt } from "../livekit-facts/private-property.js";
import { type Guard, type Guarded, guardListener } from "./guard.js";
import { type HookPoint, createHookPoint } from "./hook-point.js";
import { describeRealtime } from "./service-names.js";
import { type StreamTap, isStream, readWaiting, tapStream } from "./tap-stream.js";
import { wrapMethod } from "./wrap-method.js";

/** Gets what a realtime model hears and says with its own voice. */
export interface RealtimeListener {
  guard: Guard;
  /**
   * Its server hears the user begin, or cease, to speak.
   *
   * @param itemId of the transcript to come, where the provider tells it before
   */
  onUserSpeech(isSpeaking: boolean, itemId?: string): void;
  /** Its server has words of the user, which may change. */
  onTranscript(transcript: llm.InputTranscriptionCompleted): void;
  /** It begins to answer: by itself, or because it was asked to. */
  onAnswer(answer: { isByItself: boolean; describe(): SpeechService }): RealtimeAnswer;
}

/** One answer, of which each message has text, and sound where the model speaks itself. */
export interface RealtimeAnswer {
  /** It calls a tool, and may say nothing. In epoch milliseconds of the system's clock. */
  onToolCall(calledMs: number): void;
  onMessage(): RealtimeMessage;
  /** LiveKit stopped reading before this message, of which nobody will hear the text. */
  onUnreadMessage(text: string): void;
}

export interface RealtimeMessage {
  onText(text: string): void;
  onAudio(frame: AudioFrame): void;
  /** Neither text nor sound will come any more. */
  onEnd(): void;
}

const DOING = {
  onUserSpeech: "saw the user begin or cease to speak",
  onTranscript: "saw a transcript",
  onAnswer: "saw an answer begin",
  onToolCall: "saw a tool called",
  onMessage: "saw a message begin",
  onUnreadMessage: "read a message that was not spoken",
  onText: "noted a text",
  onAudio: "noted audio",
  onEnd: "ended a message",
};

/** Listens to the sessions that a realtime model opens. */
export const realtimeHooks: HookPoint<llm.RealtimeModel, RealtimeListener> = createHookPoint(
  DOING,
  (model: llm.RealtimeModel, pickListener, guard, onLeft) => {
    const endSession = wrapMethod(model, "session", guard, "saw a realtime session open", () => ({
      onResult: (opened) => followSession(opened, model, pickListener, guard),
    }));
    onLeft(endSession);
  },
);

type Pick = () => Guarded<RealtimeListener> | undefined;

/** Follows a session of a realtime model that was open before, as long as `isOpen` says so. */
export function followRealtimeSession(
  session: llm.RealtimeSession,
  model: llm.RealtimeModel,
  listener: RealtimeListener,
  isOpen: () => boolean,
): void {
  const guarded = guardListener(listener, listener.guard, DOING);
  followSession(session, model, () => (isOpen() ? guarded : undefined), listener.guard);
}

const followed = new WeakSet<llm.RealtimeSession>();

/** Follows a session from now on; before LiveKit's own listeners. */
function followSession(
  session: llm.RealtimeSession,
  model: llm.RealtimeModel,
  pick: Pick,
  guard: Guard,
): void {
  if (followed.has(session)) return;
  followed.add(session);
  const answers = new WeakSet<llm.GenerationCreatedEvent>();
  /** The transcript of the speech that LiveKit is about to tell of. */
  let itemId: string | undefined;

  function noteAnswer(event: llm.GenerationCreatedEvent): void {
    if (answers.has(event)) return;
    answers.add(event);
    const listener = pick();
    const answer = listener?.onAnswer({
      isByItself: !event.userInitiated,
      describe: () => describeRealtime(model),
    });
    if (listener !== undefined && answer !== undefined) tapAnswer(event, answer, listener.guard);
  }

  // LiveKit leaves out which speech has begun; OpenAI's plugin passes its server's own events on.
  session.on("openai_server_event_received", (event: unknown) => {
    if (valueAt(event, "type") !== "input_audio_buffer.speech_started") return;
    const named = valueAt(event, "item_id");
    itemId = typeof named === "string" ? named : undefined;
  });
  session.prependListener("input_speech_started", () =>
    guard.run(DOING.onUserSpeech, () => {
      pick()?.onUserSpeech(true, itemId);
      itemId = undefined;
    }),
  );
  session.prependListener(
    "input_audio_transcription_completed",
    (transcript: llm.InputTranscriptionCompleted) =>
      guard.run(DOING.onTranscript, () => pick()?.onTranscript(transcript)),
  );
  session.prependListener("input_speech_stopped", () =>
    guard.run(DOING.onUserSpeech, () => pick()?.onUserSpeech(false)),
  );
  session.prependListener("generation_created", (event: llm.GenerationCreatedEvent) =>
    guard.run(DOING.onAnswer, () => noteAnswer(event)),
  );
  // An answer that was asked for need not be told of as an event.
  wrapMethod(session, "generateReply", guard, DOING.onAnswer, () => ({ onResult: noteAnswer }));
}

function tapAnswer(
  event: llm.GenerationCreatedEvent,
  answer: Guarded<RealtimeAnswer>,
  guard: Guard,
): void {
  event.functionStream = tapIfFree(event.functionStream, guard, {
    onChunk: ({ createdAt }) => answer.onToolCall(createdAt),
  });
  event.messageStream = tapIfFree(event.messageStream, guard, {
    onChunk(message) {
      const listener = answer.onMessage();
      if (listener !== undefined) tapMessage(message, listener, guard);
    },
    async onUnread({ textStream }) {
      if (!isStream(textStream)) return;
      let text = "";
      await readWaiting(textStream.getReader(), (chunk) => {
        text += typeof chunk === "string" ? chunk : chunk.text;
      });
      answer.onUnreadMessage(text);
    },
  });
}

function tapMessage(
  message: llm.MessageGeneration,
  listener: Guarded<RealtimeMessage>,
  guard: Guard,
): void {
  let open = 2;
  const onEnd = () => {
    open -= 1;
    if (open === 0) listener.onEnd();
  };
  message.textStream = tapIfFree(message.textStream, guard, {
    onChunk: (chunk) => listener.onText(typeof chunk === "string" ? chunk : chunk.text),
    onEnd,
  });
  message.audioStream = tapIfFree(message.audioStream, guard, {
    onChunk: listener.onAudio,
    onEnd,
  });
}

function tapIfFree<T>(
  source: ReadableStream<T>,
  guard: Guard,
  tap: StreamTap<T>,
): ReadableStream<T> {
  return isStream(source) ? tapStream(source, guard, tap) : source;
}

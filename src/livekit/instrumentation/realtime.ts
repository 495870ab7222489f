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

/** Told what a realtime model hears and what it says itself. */
export interface RealtimeListener {
  guard: Guard;
  /**
   * Its server hears the user begin or stop speaking.
   *
   * @param itemId id of the coming transcript, if the provider tells it this early
   */
  onUserSpeech(isSpeaking: boolean, itemId?: string): void;
  /** Its server has a transcript of the user, which may still change. */
  onTranscript(transcript: llm.InputTranscriptionCompleted): void;
  /** The model begins to answer: by itself, or because LiveKit asked it to. */
  onAnswer(answer: { isByItself: boolean; describe(): SpeechService }): RealtimeAnswer;
}

/** One answer. Each of its messages has text, and audio if the model speaks itself. */
export interface RealtimeAnswer {
  /**
   * The model calls a tool, and may say nothing. `calledMs` is epoch milliseconds of the system's
   * clock.
   */
  onToolCall(calledMs: number): void;
  onMessage(): RealtimeMessage;
  /** LiveKit stopped reading before this message, so nobody will hear its text. */
  onUnreadMessage(text: string): void;
}

export interface RealtimeMessage {
  onText(text: string): void;
  onAudio(frame: AudioFrame): void;
  /** No more text or audio will come. */
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

/** Follows a realtime session that was opened before, as long as `isOpen()` is true. */
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

/** Follows a realtime session from now on. Our listeners run before LiveKit's own. */
function followSession(
  session: llm.RealtimeSession,
  model: llm.RealtimeModel,
  pick: Pick,
  guard: Guard,
): void {
  if (followed.has(session)) return;
  followed.add(session);
  const answers = new WeakSet<llm.GenerationCreatedEvent>();
  /** The id of the transcript of the speech that LiveKit will tell of next. */
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

  // LiveKit does not say which speech has begun. OpenAI's plugin passes on its server's events, which
  // do.
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
  // For an answer that was asked for, LiveKit may emit no event.
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

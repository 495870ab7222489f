import type { ReadableStream } from "node:stream/web";
import type { llm } from "@livekit/agents";
import type { AudioFrame } from "@livekit/rtc-node";
import type { SpeechService } from "../../../otel/index.js";
import type { Guard } from "./guard.js";
import { type HookPoint, createHookPoint } from "./hook-point.js";
import { describeRealtime } from "./service-names.js";
import { type StreamTap, isStream, tapStream } from "./tap-stream.js";
import { valueAt } from "../livekit-facts/private-property.js";

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
}

export interface RealtimeMessage {
  onText(text: string): void;
  onAudio(frame: AudioFrame): void;
  /** Neither text nor sound will come any more. */
  onEnd(): void;
}

/** Listens to the sessions that a realtime model opens. */
export const realtimeHooks: HookPoint<llm.RealtimeModel, RealtimeListener> = createHookPoint(
  (model: llm.RealtimeModel, pickListener: () => RealtimeListener | undefined) => {
    const session = model.session.bind(model);
    model.session = () => {
      const opened = session();
      followRealtimeSession(opened, model, pickListener);
      return opened;
    };
  },
);

const followed = new WeakSet<llm.RealtimeSession>();

/** Follows a session of a realtime model, from now on; before LiveKit's own listeners. */
export function followRealtimeSession(
  session: llm.RealtimeSession,
  model: llm.RealtimeModel,
  pickListener: () => RealtimeListener | undefined,
): void {
  if (followed.has(session)) return;
  followed.add(session);
  const answers = new WeakSet<llm.GenerationCreatedEvent>();
  /** The transcript of the speech that LiveKit is about to tell of. */
  let itemId: string | undefined;

  function note(what: string, work: (listener: RealtimeListener) => void): void {
    const listener = pickListener();
    listener?.guard.run(what, () => work(listener));
  }
  function noteAnswer(event: llm.GenerationCreatedEvent): void {
    if (answers.has(event)) return;
    answers.add(event);
    note("saw an answer begin", (listener) => {
      const answer = listener.onAnswer({
        isByItself: !event.userInitiated,
        describe: () => describeRealtime(model),
      });
      event.functionStream = tapIfFree(event.functionStream, {
        onChunk: ({ createdAt }) =>
          listener.guard.run("saw a tool called", () => answer.onToolCall(createdAt)),
      });
      if (!isStream(event.messageStream)) return;
      event.messageStream = tapStream(event.messageStream, {
        onChunk: (message) =>
          listener.guard.run("saw a message begin", () =>
            followMessage(message, answer.onMessage(), listener.guard),
          ),
      });
    });
  }

  // LiveKit leaves out which speech has begun; OpenAI's plugin passes its server's own events on.
  session.on("openai_server_event_received", (event: unknown) => {
    if (valueAt(event, "type") !== "input_audio_buffer.speech_started") return;
    const named = valueAt(event, "item_id");
    itemId = typeof named === "string" ? named : undefined;
  });
  session.prependListener("input_speech_started", () =>
    note("saw speech begin", (listener) => {
      listener.onUserSpeech(true, itemId);
      itemId = undefined;
    }),
  );
  session.prependListener(
    "input_audio_transcription_completed",
    (transcript: llm.InputTranscriptionCompleted) =>
      note("saw a transcript", (listener) => listener.onTranscript(transcript)),
  );
  session.prependListener("input_speech_stopped", () =>
    note("saw speech end", (listener) => listener.onUserSpeech(false)),
  );
  session.prependListener("generation_created", noteAnswer);
  // An answer that was asked for need not be told of as an event.
  const generateReply = session.generateReply.bind(session);
  session.generateReply = async (...args) => {
    const event = await generateReply(...args);
    noteAnswer(event);
    return event;
  };
}

function followMessage(
  message: llm.MessageGeneration,
  listener: RealtimeMessage,
  guard: Guard,
): void {
  let open = 2;
  const onEnd = () => {
    open -= 1;
    if (open === 0) guard.run("ended a message", listener.onEnd);
  };
  message.textStream = tapIfFree(message.textStream, {
    onChunk: (chunk) =>
      guard.run("noted a text", () =>
        listener.onText(typeof chunk === "string" ? chunk : chunk.text),
      ),
    onEnd,
  });
  message.audioStream = tapIfFree(message.audioStream, {
    onChunk: (frame) => guard.run("noted audio", () => listener.onAudio(frame)),
    onEnd,
  });
}

function tapIfFree<T>(source: ReadableStream<T>, tap: StreamTap<T>): ReadableStream<T> {
  return isStream(source) ? tapStream(source, tap) : source;
}

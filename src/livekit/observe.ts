import { randomUUID } from "node:crypto";
import {
  getJobContext,
  llm,
  telemetry as livekitTelemetry,
  version as livekitVersion,
} from "@livekit/agents";
import type { voice } from "@livekit/agents";
import { context, trace } from "@opentelemetry/api";
import { TRACER_NAME, flushConversations, startConversation } from "../../otel/index.js";
import { type SessionStart, readPackageVersion, toTimestamp } from "../record/index.js";
import { type AgentSpeech, followAgentSpeech } from "./agent-speech.js";
import { audioOutputHooks } from "./audio-output.js";
import { createClock } from "./clock.js";
import type { ObservedConversation } from "./conversation.js";
import { type Guard, createGuard } from "./guard.js";
import { runAs } from "./hook-point.js";
import { languageModelHooks } from "./language-model.js";
import { currentAgentOf, currentSpeechToText, followLateTranscripts } from "./late-transcripts.js";
import { followSessionEvents } from "./session-events.js";
import { describeService } from "./speech-source.js";
import { speechToTextHooks } from "./speech-to-text.js";
import { recoverOnce, startTelemetry } from "./telemetry.js";
import { textToSpeechHooks } from "./text-to-speech.js";
import { createTurns } from "./turns.js";
import { type UserSpeech, followUserSpeech } from "./user-speech.js";

export interface ObserveOptions {
  /** The voice that speaks, for the record; most TTS plugins keep theirs private. */
  voice?: string;
  /** Gets one line for each kind of fault. Default: stderr. */
  reportProblem?: (line: string) => void;
}

/** What one session's observation tells its caller. */
export interface Observation {
  /** The `session.id` of the record; undefined until the session starts. */
  readonly sessionId: string | undefined;
  /** The trace of the conversation; undefined until the session starts. */
  readonly traceId: string | undefined;
  /** The record's path; undefined until the session starts, or with an exporter of your own. */
  readonly path: string | undefined;
}

const observed = new WeakMap<voice.AgentSession, Observation>();

/**
 * Records what a session hears and says: one line in your agent, before or after `session.start()`.
 * Before is better: then speech that is under way when the session starts has its word times.
 *
 * It does not throw, changes no package, and ends by itself when the session closes. A session that
 * is started again after it closed is a new conversation.
 */
export function observe(session: voice.AgentSession, options: ObserveOptions = {}): Observation {
  const known = observed.get(session);
  if (known !== undefined) return known;

  const report =
    options.reportProblem ?? ((line: string) => void process.stderr.write(`${line}\n`));
  const guard = createGuard(report);
  let recording: Recording | undefined;
  const observation: Observation = {
    get sessionId() {
      return recording?.sessionId;
    },
    get traceId() {
      return recording?.traceId;
    },
    get path() {
      return recording?.path();
    },
  };
  observed.set(session, observation);

  function begin(isRunning: boolean): void {
    guard.run("began to record", () => {
      if (recording?.isOpen() !== true)
        recording = beginRecording(session, options, guard, isRunning);
    });
  }

  guard.run("prepared to record", () => {
    startTelemetry({ reportProblem: report });
    const start = session.start.bind(session);
    session.start = (...args) => {
      begin(false);
      // What the session does from here on, whatever calls it, is known as its own.
      return recording === undefined ? start(...args) : recording.run(() => start(...args));
    };
  });
  // LiveKit resets the state when a session closes, so any other one means that it runs.
  if (session.agentState !== "initializing") begin(true);
  return observation;
}

interface Recording {
  sessionId: string;
  traceId: string;
  path(): string | undefined;
  isOpen(): boolean;
  /** Runs the session's code: its spans hang in the conversation's trace. */
  run<T>(work: () => T): T;
}

function beginRecording(
  session: voice.AgentSession,
  options: ObserveOptions,
  guard: Guard,
  isRunning: boolean,
): Recording {
  const report =
    options.reportProblem ?? ((line: string) => void process.stderr.write(`${line}\n`));
  const telemetry = startTelemetry({ reportProblem: report });
  recoverOnce(telemetry, report);

  const owner = {};
  const clock = createClock();
  const job = getJobContext(false);
  const sessionId = randomUUID();
  const startMs = clock();
  const start: Omit<SessionStart, "trace_id"> = {
    id: sessionId,
    started_at: toTimestamp(startMs),
    // The room itself knows its name only once it is connected, which a session does by itself.
    ...(job?.job.room?.name ? { room: job.job.room.name } : {}),
    ...(job === undefined ? {} : { job: job.job.id }),
    ...(currentAgentOf(session) === undefined ? {} : { agent: currentAgentOf(session)?.id ?? "" }),
    software: {
      talktrace: readPackageVersion(),
      "@livekit/agents": livekitVersion,
      node: process.versions.node,
    },
  };
  const spans = startConversation(
    trace.getTracer(TRACER_NAME),
    start,
    livekitTelemetry.genAI.conversationId() ?? sessionId,
    startMs,
    isRunning ? sessionContext(session) : context.active(),
  );

  let messageCount = 0;
  const conversation: ObservedConversation = {
    spans,
    clock,
    guard,
    turns: createTurns(),
    nextMessageId: () => `m_${(messageCount += 1)}`,
    currentAgent: () => currentAgentOf(session)?.id,
  };
  const user: UserSpeech = followUserSpeech(conversation, (message) =>
    agent.onUserMessage(message),
  );
  const agent: AgentSpeech = followAgentSpeech(conversation, {
    voice: options.voice,
    isUserSpeaking: () => user.isSpeaking(),
    fallbackSource() {
      const tts = currentAgentOf(session)?.tts ?? session.tts;
      return tts === undefined ? "unknown_tts" : describeService(tts, "tts").source;
    },
    hasAudioOutput: () => session.output.audioEnabled && hadOutput,
  });
  const late = isRunning ? followLateTranscripts(session, guard, user) : undefined;

  function attachModels(): void {
    const speaker = currentAgentOf(session);
    const speechToText = currentSpeechToText(session);
    const textToSpeech = speaker?.tts ?? session.tts;
    const model = speaker?.llm ?? session.llm;
    if (speechToText !== undefined) {
      speechToTextHooks.attach(speechToText, owner, { guard, onSpeechEvent: user.onSpeechEvent });
    }
    if (textToSpeech !== undefined)
      textToSpeechHooks.attach(textToSpeech, owner, agent.textToSpeech);
    if (model instanceof llm.LLM) languageModelHooks.attach(model, owner, agent.languageModel);
  }
  // LiveKit takes the output away while it closes, before the last answers are in the chat.
  let hadOutput = false;
  const stopFollowingOutput = followOutput(session, (output) => {
    hadOutput = true;
    guard.run("followed the audio output", () =>
      audioOutputHooks.attach(output, owner, agent.audioOutput),
    );
  });
  const stopFollowingEvents = followSessionEvents(session, conversation, user, agent, {
    onHandoff: attachModels,
    onUserTranscribed: (event) => late?.onUserTranscribed(event),
    onActivity: () => late?.refresh(),
    onClose: close,
  });

  let isOpen = true;
  function close(reason: string): void {
    if (!isOpen) return;
    isOpen = false;
    stopFollowingEvents();
    stopFollowingOutput();
    agent.close();
    for (const hooks of [
      speechToTextHooks,
      textToSpeechHooks,
      languageModelHooks,
      audioOutputHooks,
    ]) {
      hooks.detach(owner);
    }
    spans.end({ endedMs: clock(), reason });
  }

  attachModels();
  late?.refresh();
  // In a job's process nobody else waits for the file and the spans before it ends.
  job?.addShutdownCallback(flushConversations);

  return {
    sessionId,
    traceId: spans.traceId,
    path: () => telemetry.store?.pathOf(sessionId),
    isOpen: () => isOpen,
    run: (work) => runAs(owner, () => context.with(spans.root, work)),
  };
}

/** The context of a session that runs already: what it does next hangs where LiveKit's spans do. */
function sessionContext(session: voice.AgentSession): ReturnType<typeof context.active> {
  const root: unknown = Reflect.get(session, "rootSpanContext");
  return typeof root === "object" && root !== null && "getValue" in root
    ? (root as ReturnType<typeof context.active>)
    : context.active();
}

/** Tells of the session's audio output, now and whenever it is replaced. Gives the way to stop. */
function followOutput(
  session: voice.AgentSession,
  onOutput: (output: voice.AudioOutput) => void,
): () => void {
  const { output } = session;
  const inherited = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(output), "audio");
  if (output.audio !== null) onOutput(output.audio);
  if (inherited?.get === undefined || inherited.set === undefined) return () => undefined;
  const { get, set } = inherited;
  Object.defineProperty(output, "audio", {
    configurable: true,
    enumerable: true,
    get: () => get.call(output) as voice.AudioOutput | null,
    set(sink: voice.AudioOutput | null) {
      if (sink !== null) onOutput(sink);
      set.call(output, sink);
    },
  });
  return () => Reflect.deleteProperty(output, "audio");
}

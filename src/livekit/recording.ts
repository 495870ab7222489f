import type { voice } from "@livekit/agents";
import { SPAN } from "../../otel/index.js";
import {
  type AgentSpeech,
  type AgentSpeechOptions,
  followAgentSpeech,
} from "./agent-speech/agent-speech.js";
import {
  type ObservedConversation,
  createObservedConversation,
} from "./conversation/observed-conversation.js";
import { followAudioInput } from "./instrumentation/audio-input.js";
import { followOutputChanges } from "./instrumentation/audio-output-changes.js";
import { audioOutputHooks } from "./instrumentation/audio-output.js";
import { noteConnectOptions } from "./instrumentation/connect-options.js";
import { followLateSttEvents } from "./instrumentation/late-stt-events.js";
import { followLinkedParticipant } from "./instrumentation/linked-participant.js";
import {
  describeRealtime,
  describeService,
  describeSpeechToText,
} from "./instrumentation/service-names.js";
import type { FollowedStart, SessionMethodsListener } from "./instrumentation/session-methods.js";
import { runningContextOf } from "./livekit-facts/active-span.js";
import { createClock } from "./livekit-facts/clock.js";
import { isRealtimeModel } from "./livekit-facts/model-kinds.js";
import {
  currentModelsOf,
  hasTextToSpeech,
  isHeardByModel,
  speakerOf,
  whoEndsTurns,
} from "./livekit-facts/session-models.js";
import { endWithJob } from "./job-end.js";
import { hookModels } from "./model-hooks.js";
import { type OnComplete, handOn, waitForFile } from "./on-complete.js";
import { type SessionNames, createSessionNames } from "./redaction/session-names.js";
import { followSessionEvents } from "./session-events.js";
import { type StartOptions, startRecord } from "./session-start.js";
import { followRoom } from "./session/room-participants.js";
import { describeUsage, followUsage } from "./session/usage.js";
import { recoverOnce } from "./recovery.js";
import { removeOldRecordings } from "./retention.js";
import { startTelemetry } from "./telemetry.js";
import { followUserSpeech } from "./user-speech/user-speech.js";

/** The recording of one conversation: one session from its start to its close. */
export interface Recording extends Omit<SessionMethodsListener, "owner" | "onStart" | "onClosed"> {
  sessionId: string;
  traceId: string;
  /** The key by which calls of this session are recognised, see `CallContext`. */
  owner: object;
  path(): string | undefined;
  isOpen(): boolean;
  readonly conversation: ObservedConversation;
  /** `start()` is called. */
  followStart(): FollowedStart;
  /** Resolves when the file is complete and `onComplete` has finished, or after 12 s. */
  whenComplete(): Promise<void>;
}

export interface RecordingOptions extends StartOptions {
  voice: string | undefined;
  report: (line: string) => void;
  onComplete: OnComplete | undefined;
}

export function beginRecording(session: voice.AgentSession, options: RecordingOptions): Recording {
  const { guard, review, report } = options;
  const telemetry = startTelemetry({ reportProblem: report });
  void recoverOnce(telemetry, report).then(() => removeOldRecordings(telemetry, report));
  // LiveKit's own spans carry the words as they were before the review.
  if (review.message !== undefined || review.event !== undefined) telemetry.withholdContent();

  const owner = {};
  guard.run("looked at a session's options", () => noteConnectOptions(owner, session));
  const clock = createClock();
  const names = createSessionNames(options.numbers);
  const path = (sessionId: string) => telemetry.store?.pathOf(sessionId);
  const { sessionId, startedMs, spans } = startRecord(session, {
    ...options,
    clock,
    names,
    path,
    tracer: telemetry.tracer(),
  });
  const conversation = createObservedConversation({
    spans,
    clock,
    startedMs,
    guard,
    currentAgent: () => speakerOf(session)?.id,
    whoEndsTurns: () => whoEndsTurns(session),
  });
  const output: SessionOutput = { isPresent: false };
  const user = followUserSpeech(conversation, {
    whoEndsTurns: () => whoEndsTurns(session),
    isHeardByModel: () => isHeardByModel(session),
  });
  const agent = followAgentSpeech(
    conversation,
    describeAgentSpeech(session, options.voice, output),
  );
  const models = hookModels(session, owner, conversation, user, agent);
  const room = followSessionRoom(session, options, conversation, names);
  const handOnFile = () =>
    handOn(path(sessionId), options.onComplete, report).finally(() => letGoOfJob());
  const { close, isOpen, onClose, whenComplete } = createEnding(session, conversation, handOnFile);
  onClose(
    names.follow((amendment) =>
      guard.run("masked a name", () =>
        spans.amendSession(SPAN.sessionAmended, amendment, clock.now()),
      ),
    ),
    room.stop,
    user.close,
    agent.close,
    models.stop,
    () => audioOutputHooks.detach(owner),
  );

  const hasRun = runningContextOf(session) !== undefined;
  const lateSttEvents = hasRun ? followLateSttEvents(session, guard, user) : undefined;
  if (hasRun) room.followLink();
  guard.run("began to follow a session", () => {
    onClose(
      followOutput(session, { owner, conversation, agent, output }),
      followSessionEvents(session, conversation, user, agent, {
        onHandoff: models.refresh,
        describeSpeechToText: ({ itemId }) => describeSpeechToText(session, itemId),
        onActivity: () => lateSttEvents?.refresh(),
        onClose: close,
      }),
    );
    models.refresh();
    lateSttEvents?.refresh();
    onClose(() => lateSttEvents?.stop());
    onClose(followUsage(session, conversation));
    onClose(followAudioInput(session, guard, conversation.callerAudio.onFrame));
  });
  const letGoOfJob = endWithJob(async () => {
    close("job_shutdown");
    await whenComplete();
  });

  return {
    sessionId,
    traceId: spans.traceId,
    owner,
    path: () => path(sessionId),
    isOpen,
    whenComplete,
    conversation,
    followStart: () => ({
      parent: spans.root,
      onStarted: room.followLink,
      onFailed: () => close("error"),
    }),
    onPrerecordedSpeech: (speech) => (isOpen() ? agent.onPrerecordedSpeech(speech) : speech),
    onSpeechKeptFromChat: (speech) =>
      speech.addDoneCallback(() => guard.run("saw a speech end", agent.onKeptFromChat)),
    onTurnCleared: user.onTurnCleared,
    onClosing: agent.beginClosing,
  };
}

/** What the agent's side needs to know about the session's audio output. */
interface SessionOutput {
  isPresent: boolean;
}

function describeAgentSpeech(
  session: voice.AgentSession,
  voiceName: string | undefined,
  output: SessionOutput,
): AgentSpeechOptions {
  return {
    voice: voiceName,
    fallbackSource() {
      const { tts, llm: model } = currentModelsOf(session);
      // A TTS is always followed. A realtime model that speaks itself may not be, so it made this
      // audio.
      if (isRealtimeModel(model) && model.capabilities.audioOutput)
        return describeRealtime(model).source;
      return tts === undefined ? "unknown_tts" : describeService(tts, "tts").source;
    },
    isSpoken: () => session.output.audioEnabled && output.isPresent && hasTextToSpeech(session),
    // LiveKit closes a session without a call of `close()` when the caller hangs up.
    isSessionClosing: () => isClosing(session),
  };
}

/** Follows the session's current audio output. Returns a function that stops this. */
function followOutput(
  session: voice.AgentSession,
  parts: {
    owner: object;
    conversation: ObservedConversation;
    agent: AgentSpeech;
    output: SessionOutput;
  },
): () => void {
  const { owner, conversation, agent, output } = parts;
  return followOutputChanges(session, conversation.guard, (present, previous) => {
    // While the session closes, LiveKit removes the output before the last answers are in the chat.
    if (present !== null || !isClosing(session)) output.isPresent = present !== null;
    if (present === null) return;
    // An output that wraps another one emits the playback events of both.
    if (previous !== undefined && conversation.playing.size === 0)
      audioOutputHooks.detach(owner, previous);
    audioOutputHooks.attach(present, owner, agent.audioOutput);
  });
}

/** Follows the session's room, if it has one. */
function followSessionRoom(
  session: voice.AgentSession,
  { room, numbers }: RecordingOptions,
  conversation: ObservedConversation,
  names: SessionNames,
): { followLink(): void; stop(): void } {
  const { guard } = conversation;
  const participants =
    room &&
    guard.run("began to follow a room", () => followRoom(room, conversation, numbers, names));
  let unlink: (() => void) | undefined;
  return {
    /** LiveKit links a session to its room while the session starts. */
    followLink: () =>
      guard.run("looked for the participant", () => {
        unlink ??= followLinkedParticipant(session, guard, (identity) =>
          participants?.onLinked(identity),
        );
      }),
    stop() {
      unlink?.();
      participants?.stop();
    },
  };
}

/** Ends a recording once, however many callers ask. */
function createEnding(
  session: voice.AgentSession,
  { spans, clock, guard, figures }: ObservedConversation,
  handOnFile: () => Promise<void>,
): {
  isOpen(): boolean;
  /** Adds functions to call when the recording ends. */
  onClose(...stops: (() => void)[]): void;
  close(reason: string): void;
  /**
   * Resolves when the file was handed on. While the recording runs, resolves when the file is up to
   * date.
   */
  whenComplete(): Promise<void>;
} {
  const stopping: (() => void)[] = [];
  let isOpen = true;
  let completing: Promise<void> | undefined;
  return {
    isOpen: () => isOpen,
    onClose: (...stops) => void stopping.push(...stops),
    whenComplete: () => completing ?? waitForFile(),
    close(reason) {
      if (!isOpen) return;
      isOpen = false;
      // If one of them fails, the others must still end, and the record must be completed.
      for (const stop of stopping) guard.run("ended a recording", stop);
      guard.run("ended a recording", () =>
        spans.end({ endedMs: clock.now(), reason, usage: describeUsage(session, figures) }),
      );
      completing = handOnFile();
    },
  };
}

function isClosing({ _closing }: voice.AgentSession): boolean {
  return _closing;
}

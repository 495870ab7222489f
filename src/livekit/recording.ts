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
import { type FollowedModels, hookModels } from "./model-hooks.js";
import { type OnComplete, handOn } from "./on-complete.js";
import { type SessionNames, createSessionNames } from "./redaction/session-names.js";
import { followSessionEvents } from "./session-events.js";
import { type StartOptions, startRecord } from "./session-start.js";
import { followRoom } from "./session/room-participants.js";
import { followUsage } from "./session/usage.js";
import { type RecordingEnd, createRecordingEnd } from "./recording-end.js";
import { recoverOnce } from "./recovery.js";
import { removeOldRecordings } from "./retention.js";
import { startTelemetry } from "./telemetry.js";
import { type UserSpeech, followUserSpeech } from "./user-speech/user-speech.js";

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
  const ending = createRecordingEnd(session, conversation, () =>
    handOn(path(sessionId), options.onComplete, report),
  );
  ending.onClose(
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
  guard.run("began to follow a session", () =>
    followSession(session, { owner, conversation, user, agent, models, room, output, ending }),
  );

  return {
    sessionId,
    traceId: spans.traceId,
    owner,
    path: () => path(sessionId),
    isOpen: ending.isOpen,
    whenComplete: ending.whenComplete,
    conversation,
    followStart: () => ({
      parent: spans.root,
      onStarted: room.followLink,
      onFailed: () => ending.close("error"),
    }),
    onPrerecordedSpeech: (speech) => (ending.isOpen() ? agent.onPrerecordedSpeech(speech) : speech),
    onSpeechKeptFromChat: (speech) =>
      speech.addDoneCallback(() => guard.run("saw a speech end", agent.onKeptFromChat)),
    onTurnCleared: user.onTurnCleared,
    onClosing: agent.beginClosing,
  };
}

interface FollowedSession {
  owner: object;
  conversation: ObservedConversation;
  user: UserSpeech;
  agent: AgentSpeech;
  models: FollowedModels;
  room: FollowedRoom;
  output: SessionOutput;
  ending: RecordingEnd;
}

/** Follows all that the session and its models tell, until the recording ends. */
function followSession(session: voice.AgentSession, followed: FollowedSession): void {
  const { conversation, user, agent, models, room, ending } = followed;
  const { guard, callerAudio } = conversation;
  const hasRun = runningContextOf(session) !== undefined;
  const lateSttEvents = hasRun ? followLateSttEvents(session, guard, user) : undefined;
  if (hasRun) room.followLink();
  ending.onClose(
    followOutput(session, followed),
    followSessionEvents(session, conversation, user, agent, {
      onHandoff: models.refresh,
      describeSpeechToText: ({ itemId }) => describeSpeechToText(session, itemId),
      onActivity: () => lateSttEvents?.refresh(),
      onClose: ending.close,
    }),
  );
  models.refresh();
  lateSttEvents?.refresh();
  ending.onClose(() => lateSttEvents?.stop());
  ending.onClose(followUsage(session, conversation));
  ending.onClose(followAudioInput(session, guard, callerAudio.onFrame));
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
  { owner, conversation, agent, output }: FollowedSession,
): () => void {
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

interface FollowedRoom {
  /** LiveKit links a session to its room while the session starts. */
  followLink(): void;
  stop(): void;
}

/** Follows the session's room, if it has one. */
function followSessionRoom(
  session: voice.AgentSession,
  { room, numbers }: RecordingOptions,
  conversation: ObservedConversation,
  names: SessionNames,
): FollowedRoom {
  const { guard } = conversation;
  const participants =
    room &&
    guard.run("began to follow a room", () => followRoom(room, conversation, numbers, names));
  let unlink: (() => void) | undefined;
  return {
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

function isClosing({ _closing }: voice.AgentSession): boolean {
  return _closing;
}

import { type voice, getJobContext, llm } from "@livekit/agents";
import type { Room } from "@livekit/rtc-node";
import { context, trace } from "@opentelemetry/api";
import { SPAN, TRACER_NAME, flushConversations, startConversation } from "../../otel/index.js";
import { type AgentSpeech, followAgentSpeech } from "./agent-speech/agent-speech.js";
import type { ReadySpeech } from "./agent-speech/audio-without-tts.js";
import {
  type ObservedConversation,
  createObservedConversation,
} from "./conversation/observed-conversation.js";
import { followAudioInput } from "./instrumentation/audio-input.js";
import { followOutputChanges } from "./instrumentation/audio-output-changes.js";
import { audioOutputHooks } from "./instrumentation/audio-output.js";
import { runAs } from "./instrumentation/call-context.js";
import { noteConnectOptions } from "./instrumentation/connect-options.js";
import { followLateSttEvents } from "./instrumentation/late-stt-events.js";
import { followLinkedParticipant } from "./instrumentation/linked-participant.js";
import {
  describeRealtime,
  describeService,
  describeSpeechToText,
} from "./instrumentation/service-names.js";
import { runningContextOf } from "./livekit-facts/active-span.js";
import { createClock } from "./livekit-facts/clock.js";
import {
  currentModelsOf,
  hasTextToSpeech,
  isHeardByModel,
  speakerOf,
  whoEndsTurns,
} from "./livekit-facts/session-models.js";
import { hookModels } from "./model-hooks.js";
import { learnNumbers } from "./redaction/masked-participant.js";
import type { PhoneNumbers } from "./redaction/phone-numbers.js";
import type { Review } from "./redaction/review-decisions.js";
import { reviewSpans } from "./redaction/review-spans.js";
import { createSessionNames } from "./redaction/session-names.js";
import { followSessionEvents } from "./session-events.js";
import { type KnownAtStart, describeStart, findConversationId } from "./session-start.js";
import { type RoomParticipants, followRoom } from "./session/room-participants.js";
import { describeUsage, followUsage } from "./session/usage.js";
import { recoverOnce, startTelemetry } from "./telemetry.js";
import { type UserSpeech, followUserSpeech } from "./user-speech/user-speech.js";

/** The recording of one conversation: of one session, from its start to its close. */
export interface Recording {
  sessionId: string;
  traceId: string;
  path(): string | undefined;
  isOpen(): boolean;
  readonly conversation: ObservedConversation;
  /** Runs the start of the session: all that it does from there on is known as its own. */
  runStart(work: () => Promise<void>): Promise<void>;
  /** Runs a call of the session that may come from elsewhere. */
  runCall<T>(work: () => T): T;
  beginClosing(): void;
  /** `say()` was given the sound of a text; gives both to be passed on. */
  followReadySpeech(speech: ReadySpeech): ReadySpeech;
  /** Speech that `say()` keeps out of the chat. */
  followKeptSpeech(speech: voice.SpeechHandle): void;
  /** `clearUserTurn()` throws the user's words away. */
  clearTurn(): void;
  close(reason: string): void;
}

export interface RecordingOptions extends KnownAtStart {
  voice: string | undefined;
  report: (line: string) => void;
  review: Review;
  numbers: PhoneNumbers;
  room: Room | undefined;
}

export function beginRecording(session: voice.AgentSession, options: RecordingOptions): Recording {
  const { guard, report } = options;
  const telemetry = startTelemetry({ reportProblem: report });
  recoverOnce(telemetry, report);
  // What is reviewed here is in LiveKit's spans as it was.
  if (options.review.message !== undefined || options.review.event !== undefined)
    telemetry.withholdContent();

  const owner = {};
  guard.run("looked at a session's options", () => noteConnectOptions(owner, session));
  const clock = createClock();
  const runningContext = runningContextOf(session);
  const job = getJobContext(false);
  const names = createSessionNames(options.numbers);
  guard.run("looked for numbers", () => {
    if (options.room !== undefined) learnNumbers(options.room, options.numbers);
  });
  const start = describeStart(session, clock.now(), job, options, names);
  const written = startConversation(
    trace.getTracer(TRACER_NAME),
    start,
    findConversationId() ?? start.id,
    clock.now(),
    runningContext ?? context.active(),
    () => telemetry.store?.pathOf(start.id),
  );
  const spans = reviewSpans(written, options.review);

  const conversation = createObservedConversation({
    spans,
    clock,
    guard,
    currentAgent: () => speakerOf(session)?.id,
    whoEndsTurns: () => whoEndsTurns(session),
  });
  const { callerAudio, figures, playing } = conversation;
  let hasOutput = false;
  const user: UserSpeech = followUserSpeech(conversation, {
    whoEndsTurns: () => whoEndsTurns(session),
    isHeardByModel: () => isHeardByModel(session),
  });
  const agent: AgentSpeech = followAgentSpeech(conversation, {
    voice: options.voice,
    fallbackSource() {
      const { tts, llm: model } = currentModelsOf(session);
      // What a TTS says passes by here; what a realtime model says with its own voice does not.
      if (model instanceof llm.RealtimeModel && model.capabilities.audioOutput)
        return describeRealtime(model).source;
      return tts === undefined ? "unknown_tts" : describeService(tts, "tts").source;
    },
    isSpoken: () => session.output.audioEnabled && hasOutput && hasTextToSpeech(session),
    // A caller who hangs up and a fatal error close it without a call that could be followed.
    isSessionClosing: () => isClosing(session),
  });
  const models = hookModels(session, owner, conversation, user, agent);
  const refreshLate =
    runningContext === undefined ? () => undefined : followLateSttEvents(session, guard, user);
  const stopNaming = names.follow((amendment) =>
    guard.run("masked a name", () =>
      spans.amendSession(SPAN.sessionAmended, amendment, clock.now()),
    ),
  );
  let participants: RoomParticipants | undefined;
  guard.run("began to follow a room", () => {
    if (options.room !== undefined)
      participants = followRoom(options.room, conversation, options.numbers, names);
  });
  /** LiveKit links a session to its room while the session starts. */
  function followLink(): void {
    guard.run("looked for the participant", () =>
      followLinkedParticipant(session, guard, (identity) => participants?.onLinked(identity)),
    );
  }
  if (runningContext !== undefined) followLink();
  const stopFollowing = [
    stopNaming,
    () => participants?.stop(),
    () => user.close(),
    () => agent.close(),
    () => models.stop(),
    () => audioOutputHooks.detach(owner),
  ];

  let isOpen = true;
  function close(reason: string): void {
    if (!isOpen) return;
    isOpen = false;
    // One that fails must not keep the others from ending, nor the record from being completed.
    for (const stop of stopFollowing) guard.run("ended a recording", stop);
    guard.run("ended a recording", () =>
      spans.end({ endedMs: clock.now(), reason, usage: describeUsage(session, figures) }),
    );
  }

  guard.run("began to follow a session", () => {
    stopFollowing.push(
      followOutputChanges(session, guard, (output, previous) => {
        // LiveKit takes it away while it closes, before the last answers are in the chat.
        if (output !== null || !isClosing(session)) hasOutput = output !== null;
        if (output === null) return;
        // What wraps another output reports its playback as well; that one would tell it twice.
        if (previous !== undefined && playing.size === 0) audioOutputHooks.detach(owner, previous);
        audioOutputHooks.attach(output, owner, agent.audioOutput);
      }),
      followSessionEvents(session, conversation, user, agent, {
        onHandoff: models.refresh,
        describeSpeechToText: ({ itemId }) => describeSpeechToText(session, itemId),
        onActivity: refreshLate,
        onClose: close,
      }),
    );
    models.refresh();
    refreshLate();
    stopFollowing.push(followUsage(session, conversation));
    stopFollowing.push(followAudioInput(session, guard, callerAudio.onFrame));
  });
  // In a job's process nobody else waits for the file and the spans before it ends; and LiveKit
  // closes only the first of a job's sessions.
  job?.addShutdownCallback(async () => {
    close("job_shutdown");
    await flushConversations();
  });

  return {
    sessionId: start.id,
    traceId: spans.traceId,
    path: () => telemetry.store?.pathOf(start.id),
    isOpen: () => isOpen,
    conversation,
    runStart: (work) => runAs(owner, () => context.with(spans.root, work)).then(() => followLink()),
    runCall: (work) => runAs(owner, work),
    beginClosing: () => agent.beginClosing(),
    followReadySpeech: (speech) => agent.onReadySpeech(speech),
    followKeptSpeech: (speech) =>
      speech.addDoneCallback(() => guard.run("saw a speech end", agent.onKeptFromChat)),
    clearTurn: () => user.onTurnCleared(),
    close,
  };
}

function isClosing({ _closing }: voice.AgentSession): boolean {
  return _closing;
}

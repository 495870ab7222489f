import type { voice } from "@livekit/agents";
import { context } from "@opentelemetry/api";
import type { SpeechService } from "../../../otel/index.js";
import {
  type PlayoutEnd,
  type PlayoutPart,
  type PlayoutSegment,
  countPlayed,
  findLastSound,
  findMoment,
} from "../audio/playout-segment.js";
import type { ObservedConversation } from "../conversation/observed-conversation.js";
import { followServiceSwitches } from "../conversation/service-switches.js";
import type { TtsNodeListener } from "../instrumentation/agent-nodes.js";
import type { AudioOutputListener } from "../instrumentation/audio-output.js";
import type { LanguageModelListener } from "../instrumentation/llm.js";
import type { RealtimeAnswer } from "../instrumentation/realtime.js";
import { currentContext } from "../instrumentation/call-context.js";
import type { TextToSpeechListener, VoicedService } from "../instrumentation/tts.js";
import { findImplausibleWait } from "../latency/latency-marks.js";
import { createLlmRequests } from "../latency/llm-requests.js";
import { measureReply } from "../latency/reply-latency.js";
import { isToldBy } from "../latency/tool-rounds.js";
import { roundToMillis } from "../livekit-facts/livekit-units.js";
import { followChatItems } from "./chat-items.js";
import { toUnknownAudio } from "./chat-only-speech.js";
import { findHeardPart } from "./heard-of-synthesis.js";
import { type LiveSynthesis, type SynthesisOptions, createSynthesis } from "./live-synthesis.js";
import { type ReadySpeech, followReadyAudio } from "./ready-audio.js";
import { followRealtimeAnswer } from "./realtime-answer.js";
import { followTtsNodeRun, noteSynthesisInNode } from "./tts-node-run.js";

export interface AgentSpeech {
  textToSpeech: TextToSpeechListener;
  audioOutput: AudioOutputListener;
  languageModel: LanguageModelListener;
  /** LiveKit has planned a speech. */
  onSpeechCreated(event: voice.SpeechCreatedEvent): void;
  /** LiveKit has put an answer into the chat: a last chance for speech that passed no TTS we saw. */
  onChatItem(item: { content: string; createdMs: number; interrupted: boolean }): void;
  /** What was said last stays out of the chat. */
  onKeptFromChat(): void;
  /** The agent's own `llmNode` was called; gives what to call at its first token. */
  onLlmNode(): () => void;
  /** The agent's own `ttsNode` was called. */
  onTtsNode(): TtsNodeListener;
  /** `say()` was given the sound as well; gives both to be passed on. */
  onReadySpeech(speech: ReadySpeech): ReadySpeech;
  /** A realtime model begins to answer. */
  onRealtimeAnswer(describe: () => SpeechService): RealtimeAnswer;
  /** The session begins to close: what is given up from now on was closed, not discarded. */
  beginClosing(): void;
  /** Ends what is still open, at the end of the session. */
  close(): void;
}

export interface AgentSpeechOptions {
  /** The voice, where the provider keeps it to itself. */
  voice: string | undefined;
  /** The source of sound that came by another way than a TTS we saw. */
  fallbackSource(): string;
  /** Whether what the agent says is spoken, as things stand, and not only shown. */
  isSpoken(): boolean;
  /** Whether LiveKit closes the session, for whatever reason. */
  isSessionClosing(): boolean;
}

/** Follows what the agent says: from the text that goes to synthesis to what was heard of it. */
export function followAgentSpeech(
  conversation: ObservedConversation,
  options: AgentSpeechOptions,
): AgentSpeech {
  const { spans, clock, guard, interruptions, playing, plannedSpeeches: owners } = conversation;
  const switches = followServiceSwitches(conversation, "tts");
  const withVoice = (service: VoicedService): VoicedService => ({
    ...service,
    voice: service.voice ?? options.voice,
  });
  owners.addEndListener(() => {
    giveUpOrphans();
    chat.forgetOver();
  });
  const requests = createLlmRequests(clock);
  /** Syntheses of which it is not known yet what was heard, in the order in which they began. */
  const live = new Set<LiveSynthesis>();
  const chat = followChatItems(conversation, options);
  /** What a realtime model says with its own voice. */
  const ownVoices = new WeakSet<LiveSynthesis>();
  let hasBegunToClose = false;
  const isClosing = () => hasBegunToClose || options.isSessionClosing();

  function beginSynthesis(
    asked: Pick<
      SynthesisOptions,
      "describe" | "origin" | "isTentative" | "isPrerecorded" | "isRealtime"
    > &
      Partial<Pick<SynthesisOptions, "findRequest" | "findTurn" | "owners">>,
  ): LiveSynthesis {
    const synthesis = createSynthesis(conversation, {
      // What `say()` speaks inside a tool hangs where the request does that called it.
      findRequest: currentContext().isSay === true ? () => undefined : requests.find,
      findRunningTools: owners.findRunningTools,
      findTurn: () => owners.latestTurn() ?? conversation.turns.forAgent(),
      owners: owners.current(),
      ...asked,
      isClosing,
    });
    live.add(synthesis);
    return synthesis;
  }

  /** All has come of what is no TTS's: as a rule ended by its end, as an exception given up. */
  function endOwn(synthesis: LiveSynthesis): void {
    synthesis.isComplete = true;
    synthesis.end();
    if (synthesis.isUnspoken() || synthesis.id === undefined) live.delete(synthesis);
    giveUpOrphans();
  }

  function asSynthesis(part: PlayoutPart | undefined): LiveSynthesis | undefined {
    const synthesis = part?.synthesis as LiveSynthesis | undefined;
    return synthesis !== undefined && live.has(synthesis) ? synthesis : undefined;
  }

  function settle(
    synthesis: LiveSynthesis,
    part: PlayoutPart,
    segment: PlayoutSegment,
    end: PlayoutEnd,
  ) {
    // The message must be in the record before it can be amended.
    synthesis.end();
    live.delete(synthesis);
    const { id, turn } = synthesis;
    if (id === undefined || turn === undefined || synthesis.isUnspoken()) return;
    const heardS = Math.min(Math.max(end.playedS - part.offsetS, 0), part.capturedS);
    const heard = findHeardPart(synthesis, heardS, part, segment, end);
    const delivery = heard === undefined ? "full" : heard.content === "" ? "none" : "partial";
    const startedMs = findMoment(segment, part.offsetS);
    const isLast = part === segment.parts.at(-1);
    const heardUntilMs = isLast ? undefined : findMoment(segment, part.offsetS + heardS);
    const endedMs = Math.min(heardUntilMs ?? end.endedMs, end.endedMs);
    const wasCut =
      heard !== undefined && end.interrupted && !isClosing() && startedMs !== undefined;
    const latency = measureReply({ turn, synthesis, requests: requests.all, startedMs, endedMs });
    const implausibleS = findImplausibleWait(latency);
    if (implausibleS !== undefined) {
      const data = { figure: "e2e_s", value: implausibleS, unit: "s" };
      spans.event({ type: "implausible_figure", atMs: endedMs, turnId: turn.id, data });
    }
    const playout =
      synthesis.playout ?? spans.startPlayout(id, startedMs ?? endedMs, synthesis.playoutParent);
    playout.end(
      {
        messageId: id,
        delivery,
        startedMs: delivery === "none" ? undefined : startedMs,
        endedMs,
        heard: heard?.content,
        heardBy: delivery === "partial" ? heard?.heardBy : undefined,
        playedS: roundToMillis(heardS),
        interruptedBy: wasCut ? interruptions.by(id, startedMs, endedMs) : undefined,
        latency,
      },
      Math.max(endedMs, startedMs ?? endedMs),
    );
    for (const run of turn.toolRuns) run.isAnswered ||= isToldBy(run, synthesis.request?.startMs);
  }

  /** What has ended and belongs to no speech that could still be played. */
  function giveUpOrphans(): void {
    for (const synthesis of live) {
      if (synthesis.isEnded() && !synthesis.isCaptured && synthesis.owners.haveEnded())
        giveUp(synthesis);
    }
  }

  function giveUp(synthesis: LiveSynthesis): void {
    const reason = isClosing() ? "closed" : "discarded";
    live.delete(synthesis);
    if (synthesis.isEnded() && synthesis.id !== undefined && !synthesis.isUnspoken()) {
      spans.unspoken(synthesis.id, reason, clock.now(), synthesis.playoutParent);
    } else {
      synthesis.end(reason);
    }
  }

  const audioOutput: AudioOutputListener = {
    guard,
    clock,
    onCapture(part, segment) {
      playing.add(segment);
      const synthesis = asSynthesis(part);
      if (synthesis === undefined) return;
      synthesis.isCaptured = true;
      if (synthesis.turn !== undefined && synthesis.id !== undefined)
        conversation.turns.noteReply(synthesis.turn, synthesis.id);
    },
    onStart(segment) {
      interruptions.forget();
      const first = asSynthesis(segment.parts[0]);
      if (first?.id === undefined || segment.startedMs === undefined) return;
      first.playout ??= spans.startPlayout(first.id, segment.startedMs, first.playoutParent);
    },
    onEnd(segment, end) {
      playing.delete(segment);
      for (const part of segment.parts) {
        const synthesis = asSynthesis(part);
        if (synthesis?.id !== undefined) {
          settle(synthesis, part, segment, end);
          if (!synthesis.isUnspoken())
            chat.onSynthesized({ id: synthesis.id, text: synthesis.content() }, synthesis.owners);
        } else if (end.playedS > part.offsetS) {
          chat.onUnknownAudio(toUnknownAudio(segment, end), synthesis?.source, owners.current());
        }
      }
    },
    readPosition: (position, capturedS) =>
      conversation.figures.position("playback_finished.playbackPosition", position, capturedS),
    guessSynthesis({ sampleRate }) {
      // Only audio that had another rate is resampled on its way.
      const resampled = [...live].filter(
        (each) => each.audioS > 0 && each.sampleRate !== sampleRate,
      );
      const guess = resampled.findLast((each) => each.isCaptured) ?? resampled[0];
      // An agent's own `realtimeAudioOutputNode` makes new frames of the model's.
      return guess ?? [...live].findLast((each) => ownVoices.has(each) && each.audioS > 0);
    },
  };

  return {
    audioOutput,
    textToSpeech: {
      guard,
      clock,
      onSynthesis(origin, describe) {
        switches.onAsked(origin);
        const synthesis = beginSynthesis({ origin, describe: () => withVoice(describe()) });
        noteSynthesisInNode(synthesis);
        return {
          onText: synthesis.onText,
          onServed(model, service) {
            synthesis.onServed(model, withVoice(service));
            switches.onServed(origin, model, synthesis.id);
          },
          onAudio: synthesis.onAudio,
          onError(failure) {
            if (!synthesis.isEnded()) synthesis.onError(failure);
          },
          onEnd(isMarked) {
            if (isMarked) synthesis.onMarkedEnd();
            synthesis.isComplete = synthesis.failure === undefined;
            synthesis.end();
            if (synthesis.isUnspoken() || synthesis.id === undefined) live.delete(synthesis);
            giveUpOrphans();
          },
          onClose() {
            if (synthesis.isEnded()) return;
            // Given up in the middle: what was not handed to the output will not be heard.
            if (synthesis.isCaptured) synthesis.end();
            else giveUp(synthesis);
          },
        };
      },
    },
    languageModel: {
      guard,
      onRequest(model) {
        const request = requests.begin({ model });
        requests.add(request);
        return () => (request.firstTokenMs = clock.now());
      },
    },
    onSpeechCreated({ source, speechHandle }) {
      if (source === "say") requests.onSay();
      owners.onSpeechCreated(speechHandle);
    },
    onChatItem: chat.onItem,
    onKeptFromChat: chat.forget,
    onLlmNode() {
      const request = requests.begin();
      return () => {
        const isKnown = requests.all.some(
          (each) => each.turnSpanId === request.turnSpanId && each.startMs >= request.startMs,
        );
        if (isKnown) return;
        // No LLM that we follow was asked: the node itself is what the wait was for.
        request.firstTokenMs = clock.now();
        requests.add(request);
      };
    },
    onTtsNode() {
      const nodeContext = context.active();
      return followTtsNodeRun({
        plan() {
          const [firstTextMs, planned] = [clock.now(), owners.current()];
          const turn = owners.latestTurn() ?? conversation.turns.latest();
          return (text) => {
            const synthesis = context.with(nodeContext, () =>
              beginSynthesis({
                describe: () => ({ source: "custom_tts" }),
                isTentative: true,
                findTurn: () => turn ?? conversation.turns.forAgent(),
                owners: planned,
              }),
            );
            synthesis.onText(text, firstTextMs);
            return synthesis;
          };
        },
        forget(synthesis) {
          live.delete(synthesis);
          synthesis.forget();
        },
        end: endOwn,
        onSilence: () => chat.onSilentNode(owners.current()),
      });
    },
    onReadySpeech: (speech) =>
      followReadyAudio(speech, {
        guard,
        begin: () =>
          beginSynthesis({ describe: () => ({ source: "audio_output" }), isPrerecorded: true }),
        end: endOwn,
      }),
    onRealtimeAnswer(describe) {
      const request = requests.begin({ turnSpanId: undefined, isRealtime: true });
      requests.add(request);
      return followRealtimeAnswer({
        onToken: () => (request.firstTokenMs ??= clock.now()),
        onToolCall(calledMs) {
          // LiveKit reads it later than the model gave it, and the tool's run begins then.
          const knownMs = Math.min(clock.fromWall(calledMs), clock.now());
          request.firstTokenMs ??= Math.max(knownMs, request.startMs);
        },
        begin() {
          const asked = { describe, isRealtime: true, findRequest: () => request };
          const synthesis = beginSynthesis(asked);
          ownVoices.add(synthesis);
          return synthesis;
        },
        end: endOwn,
      });
    },
    beginClosing() {
      hasBegunToClose = true;
    },
    close() {
      hasBegunToClose = true;
      const nowMs = clock.now();
      for (const segment of playing) {
        guard.run("ended a playout", () =>
          audioOutput.onEnd(segment, {
            endedMs: findLastSound(segment, nowMs),
            playedS: countPlayed(segment, nowMs),
            interrupted: true,
            estimate: undefined,
          }),
        );
      }
      for (const synthesis of live) guard.run("ended a synthesis", () => giveUp(synthesis));
    },
  };
}

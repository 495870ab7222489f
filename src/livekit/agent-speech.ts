import type { voice } from "@livekit/agents";
import { context } from "@opentelemetry/api";
import type {
  AudioOutputListener,
  PlayoutEnd,
  PlayoutPart,
  PlayoutSegment,
} from "./audio-output.js";
import type { ObservedConversation } from "./conversation.js";
import { findHeardText } from "./heard-text.js";
import { createInterruptions } from "./interruptions.js";
import type { LanguageModelListener } from "./language-model.js";
import { measureLatency } from "./latency.js";
import {
  type LanguageModelRequest,
  type LiveSynthesis,
  createSynthesis,
} from "./live-synthesis.js";
import { parentSpanId } from "./span-context.js";
import type { TextToSpeechListener } from "./text-to-speech.js";
import type { SpokenByUser } from "./user-speech.js";

export interface AgentSpeech {
  textToSpeech: TextToSpeechListener;
  audioOutput: AudioOutputListener;
  languageModel: LanguageModelListener;
  /** Told of each message of the user; gives the agent message that it cut off, if it did. */
  onUserMessage(message: SpokenByUser): string | undefined;
  /** LiveKit has planned a speech. */
  onSpeechCreated(event: voice.SpeechCreatedEvent): void;
  /** LiveKit has put an answer into the chat: a last chance for speech that passed no TTS we saw. */
  onChatItem(item: { content: string; interrupted: boolean; createdMs: number }): void;
  /** Ends what is still open, at the end of the session. */
  close(): void;
}

export interface AgentSpeechOptions {
  /** The voice, where the provider keeps it to itself. */
  voice: string | undefined;
  isUserSpeaking(): boolean;
  /** The source of sound that came by another way than a TTS we saw. */
  fallbackSource(): string;
  hasAudioOutput(): boolean;
}

/** How many requests to the LLM are kept to find the one behind a synthesis. */
const KEPT_REQUESTS = 16;

/** Follows what the agent says: from the text that goes to synthesis to what was heard of it. */
export function followAgentSpeech(
  conversation: ObservedConversation,
  options: AgentSpeechOptions,
): AgentSpeech {
  const { spans, clock, guard, turns } = conversation;
  const interruptions = createInterruptions(options.isUserSpeaking);
  const requests: LanguageModelRequest[] = [];
  /** Syntheses of which it is not known yet what was heard, in the order in which they began. */
  const live = new Set<LiveSynthesis>();
  const playing = new Set<PlayoutSegment>();
  /** Sound of no known synthesis, and whether a known one was heard, since the last chat item. */
  let unknownSound: { startedMs: number; endedMs: number } | undefined;
  let wasKnownHeard = false;
  /** When `say()` was called last: what it speaks has no request behind it. */
  let lastSayMs = 0;
  let isClosing = false;

  function asSynthesis(part: PlayoutPart): LiveSynthesis | undefined {
    return live.has(part.synthesis as LiveSynthesis)
      ? (part.synthesis as LiveSynthesis)
      : undefined;
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
    const wasCut = end.interrupted || synthesis.failure !== undefined;
    const heard = wasCut ? heardOf(synthesis, heardS, end) : undefined;
    const delivery = heard === undefined ? "full" : heard.content === "" ? "none" : "partial";
    const startedMs =
      segment.startedMs === undefined ? undefined : segment.startedMs + part.offsetS * 1000;
    const isLast = part === segment.parts.at(-1);
    const endedMs = isLast || startedMs === undefined ? end.endedMs : startedMs + heardS * 1000;
    const isFirstReply = turn.firstReply === id;
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
        playedS: Math.round(heardS * 1000) / 1000,
        interruptedBy: wasCut && heard !== undefined ? interruptions.by(id, segment) : undefined,
        latency: measureLatency(
          {
            speech_end: isFirstReply ? turn.speechEndMs : undefined,
            transcript_final: isFirstReply ? turn.transcriptFinalMs : undefined,
            turn_committed: isFirstReply ? turn.committedMs : undefined,
            llm_start: synthesis.request?.startMs,
            llm_first_token: synthesis.request?.firstTokenMs,
            tts_start: synthesis.firstTextMs,
            tts_first_byte: synthesis.firstAudioMs,
            playback_start: startedMs,
          },
          ["speech_end", "turn_committed", "llm_start", "tts_start"],
        ),
      },
      Math.max(endedMs, startedMs ?? endedMs),
    );
  }

  /** What was heard of a synthesis that was cut off; undefined when that was all of it. */
  function heardOf(synthesis: LiveSynthesis, heardS: number, end: PlayoutEnd) {
    const heard = findHeardText({
      text: synthesis.content(),
      words: synthesis.words,
      heardS,
      audioS: synthesis.audioS,
      estimate: end.estimate,
    });
    return heard.content === synthesis.content() && heardS > 0 ? undefined : heard;
  }

  /** What ended before this one and was not played will not be: LiveKit plays in order. */
  function discardBefore(captured: LiveSynthesis): void {
    for (const synthesis of live) {
      if (synthesis === captured) return;
      if (synthesis.isEnded() && !synthesis.isCaptured) giveUp(synthesis, "discarded");
    }
  }

  function giveUp(synthesis: LiveSynthesis, reason: "discarded" | "closed"): void {
    live.delete(synthesis);
    if (synthesis.isEnded() && synthesis.id !== undefined && !synthesis.isUnspoken()) {
      spans.unspoken(synthesis.id, reason, clock(), synthesis.playoutParent);
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
      if (synthesis.turn !== undefined) synthesis.turn.firstReply ??= synthesis.id;
      discardBefore(synthesis);
    },
    onStart(segment) {
      interruptions.forget();
      const first = segment.parts[0] && asSynthesis(segment.parts[0]);
      if (first?.id === undefined || segment.startedMs === undefined) return;
      first.playout = spans.startPlayout(first.id, segment.startedMs, first.playoutParent);
    },
    onEnd(segment, end) {
      playing.delete(segment);
      for (const part of segment.parts) {
        const synthesis = asSynthesis(part);
        if (synthesis !== undefined) {
          wasKnownHeard = true;
          settle(synthesis, part, segment, end);
        } else if (end.playedS > 0) {
          const startedMs = segment.startedMs ?? end.endedMs - end.playedS * 1000;
          unknownSound = { startedMs, endedMs: end.endedMs };
        }
      }
    },
    guessSynthesis({ sampleRate }) {
      // Only audio that had another rate is resampled on its way.
      const resampled = [...live].filter(
        (each) => each.audioS > 0 && each.sampleRate !== sampleRate,
      );
      return resampled.findLast((each) => each.isCaptured) ?? resampled[0];
    },
  };

  return {
    audioOutput,
    textToSpeech: {
      guard,
      onSynthesis(service) {
        const synthesis = createSynthesis(conversation, {
          ...service,
          voice: service.voice ?? options.voice,
          findRequest: (turnSpanId) =>
            turnSpanId === undefined
              ? requests.findLast((each) => each.startMs > lastSayMs)
              : requests.findLast((each) => each.turnSpanId === turnSpanId),
          isClosing: () => isClosing,
        });
        live.add(synthesis);
        return {
          onText: synthesis.onText,
          onAudio: synthesis.onAudio,
          onEnd() {
            synthesis.end();
            if (synthesis.isUnspoken() || synthesis.id === undefined) live.delete(synthesis);
          },
          onClose() {
            if (synthesis.isEnded()) return;
            // Given up in the middle: what was not handed to the output will not be heard.
            synthesis.end(synthesis.isCaptured ? undefined : isClosing ? "closed" : "discarded");
            if (!synthesis.isCaptured) live.delete(synthesis);
          },
        };
      },
      onError({ error }) {
        for (const synthesis of live) {
          if (!synthesis.isEnded()) synthesis.failure = error.message;
        }
      },
    },
    languageModel: {
      guard,
      onRequest() {
        const request: LanguageModelRequest = { turnSpanId: parentSpanId(), startMs: clock() };
        requests.push(request);
        if (requests.length > KEPT_REQUESTS) requests.shift();
        return () => (request.firstTokenMs = clock());
      },
    },
    onUserMessage: (message) => interruptions.onUserMessage(message),
    onSpeechCreated({ source }) {
      if (source === "say") lastSayMs = clock();
    },
    onChatItem({ content, interrupted, createdMs }) {
      const sound = unknownSound;
      const wasHeard = wasKnownHeard;
      unknownSound = undefined;
      wasKnownHeard = false;
      if (wasHeard || content.trim() === "") return;
      const id = conversation.nextMessageId();
      const turn = turns.forAgent();
      const agent = conversation.currentAgent();
      if (sound === undefined) {
        if (options.hasAudioOutput()) return;
        const source = "text_output";
        spans.text({
          id,
          turnId: turn.id,
          role: "agent",
          content,
          source,
          timestampMs: createdMs,
          agent,
        });
        return;
      }
      const { startedMs, endedMs } = sound;
      const service = { source: options.fallbackSource() };
      const durationS = Math.round(endedMs - startedMs) / 1000;
      spans
        .startSynthesis(service, startedMs, context.active())
        .end(
          { ...service, id, turnId: turn.id, content, timestampMs: startedMs, agent, durationS },
          startedMs,
        );
      spans.startPlayout(id, startedMs, context.active()).end(
        {
          messageId: id,
          delivery: interrupted ? "partial" : "full",
          heardBy: interrupted ? "livekit_estimate" : undefined,
          startedMs,
          endedMs,
          playedS: durationS,
        },
        endedMs,
      );
    },
    close() {
      isClosing = true;
      const nowMs = clock();
      for (const segment of playing) {
        const playedS = segment.startedMs === undefined ? 0 : (nowMs - segment.startedMs) / 1000;
        audioOutput.onEnd(segment, {
          endedMs: nowMs,
          playedS,
          interrupted: true,
          estimate: undefined,
        });
      }
      for (const synthesis of live) giveUp(synthesis, "closed");
    },
  };
}

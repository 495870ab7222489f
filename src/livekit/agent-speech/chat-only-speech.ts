import { type Latency, withoutMarkup } from "../../record/index.js";
import type { PlayoutEnd, PlayoutSegment } from "../audio/playout-segment.js";
import type { ObservedConversation } from "../conversation/observed-conversation.js";
import { measureLatency } from "../latency/latency-marks.js";
import { activeSpanContext } from "../livekit-facts/active-span.js";
import { roundToMillis } from "../livekit-facts/livekit-units.js";
import { isSameText } from "../text/compare-text.js";
import { type HeardText, findHeardText } from "../text/heard-text.js";

/** Sound that came from no synthesis we saw: ready audio, or speech that was under way before. */
export interface UnknownAudio {
  /** When its first frame was handed to the output; undefined where that was not seen. */
  firstFrameMs: number | undefined;
  startedMs: number;
  endedMs: number;
  playedS: number;
  capturedS: number;
  interrupted: boolean;
  estimate: string | undefined;
}

/** Writes speech whose words are known from LiveKit's chat item alone. */
export function writeUnseenSpeech(
  conversation: ObservedConversation,
  text: string,
  sound: UnknownAudio,
  source: string,
): void {
  const { spans, turns } = conversation;
  const { startedMs, endedMs, playedS, capturedS, interrupted } = sound;
  const content = withoutMarkup(text).trim();
  const id = conversation.nextMessageId();
  const parent = activeSpanContext();
  const synthesis = {
    source,
    id,
    turnId: turns.forAgent().id,
    content,
    ttsText: content === text.trim() ? undefined : text.trim(),
    timestampMs: startedMs,
    agent: conversation.currentAgent(),
    durationS: roundToMillis(capturedS),
  };
  spans.startSynthesis({ source, hasNoService: true }, startedMs, parent).end(synthesis, startedMs);

  const heard = interrupted ? findHeard(content, sound) : undefined;
  spans.startPlayout(id, startedMs, parent).end(
    {
      messageId: id,
      delivery: heard === undefined ? "full" : heard.content === "" ? "none" : "partial",
      heard: heard?.content,
      heardBy: heard?.heardBy,
      startedMs,
      endedMs,
      playedS: roundToMillis(interrupted ? playedS : capturedS),
      latency: measureRealtimeReply(conversation, sound),
    },
    endedMs,
  );
}

/** What was heard of speech that was cut off; undefined when that was all of it. */
function findHeard(
  content: string,
  { playedS, capturedS, estimate }: UnknownAudio,
): HeardText | undefined {
  // LiveKit has cut the item of a generated reply already; of a `say()` it keeps the whole.
  if (estimate !== undefined && isSameText(content, withoutMarkup(estimate), false))
    return { content, heardBy: "livekit_estimate" };
  const heard = findHeardText({
    text: content,
    words: [],
    heardS: playedS,
    audioS: capturedS,
    estimate: estimate === undefined ? undefined : withoutMarkup(estimate),
  });
  return heard.content === content ? undefined : heard;
}

/** A realtime model does not tell the parts of its wait; its ends are known. */
function measureRealtimeReply(
  { turns }: ObservedConversation,
  { firstFrameMs, startedMs, endedMs }: UnknownAudio,
): Latency | undefined {
  const speechEnd = turns.takeSpeechEnd(startedMs);
  if (speechEnd === undefined) return undefined;
  const transcriptMs = turns.latest()?.transcriptFinalMs;
  const isInside =
    transcriptMs !== undefined && transcriptMs >= speechEnd.atMs && transcriptMs <= startedMs;
  return measureLatency(
    {
      speech_end: speechEnd.atMs,
      transcript_final: isInside ? transcriptMs : undefined,
      tts_first_byte: firstFrameMs,
      playback_start: startedMs,
      playback_end: endedMs,
    },
    ["speech_end"],
    speechEnd.by,
  );
}

/** Writes what the agent only showed. */
export function writeShownText(
  conversation: ObservedConversation,
  content: string,
  atMs: number,
): void {
  conversation.spans.text(
    {
      id: conversation.nextMessageId(),
      turnId: conversation.turns.forAgent().id,
      role: "agent",
      content,
      source: "text_output",
      timestampMs: atMs,
      agent: conversation.currentAgent(),
    },
    activeSpanContext(),
  );
}

export function toUnknownAudio(segment: PlayoutSegment, end: PlayoutEnd): UnknownAudio {
  const startedMs = segment.startedMs ?? end.endedMs - end.playedS * 1000;
  const { capturedS, firstFrameMs } = segment;
  return { ...end, startedMs, firstFrameMs, capturedS };
}

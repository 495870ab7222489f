import { type Latency, UNHEARD_MOMENT_S, withoutMarkup } from "../../record/index.js";
import type { PlayoutEnd, PlayoutSegment } from "../audio/playout-segment.js";
import type { ObservedConversation } from "../conversation/observed-conversation.js";
import { measureLatency } from "../latency/latency-marks.js";
import { activeSpanContext } from "../livekit-facts/active-span.js";
import { roundToMillis } from "../livekit-facts/livekit-units.js";
import { isSameText } from "../text/compare-text.js";
import { findHeardText } from "../text/heard-text.js";
import { estimateSpeechS } from "../text/speech-time.js";
import { type HeardPart, settleHeard } from "./settle-heard.js";

/** Audio counts as played to its end if less than this is left, because sums of frames are not exact. */
const ROUNDING_S = 0.01;

/** Audio of no known synthesis: `say()` was given it, or it was under way before we observed. */
export interface UnknownAudio {
  /** When its first frame was handed to the output; undefined if that was not seen. */
  firstFrameMs: number | undefined;
  startedMs: number;
  endedMs: number;
  playedS: number;
  capturedS: number;
  interrupted: boolean;
  estimate: string | undefined;
  /** Whether `say()` was given it; undefined if nobody knows. */
  isSaid?: boolean | undefined;
}

/** Writes speech whose words are known only from LiveKit's chat item. */
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

  const heard = settleHeard(conversation, {
    turnId: synthesis.turnId,
    endedMs,
    text: content,
    lastWordEndS: undefined,
    durationS: capturedS,
    heard: interrupted ? findHeard(content, sound) : { content },
    playedS: interrupted ? Math.min(playedS, capturedS) : capturedS,
  });
  spans.startPlayout(id, startedMs, parent).end(
    {
      messageId: id,
      ...heard,
      startedMs: heard.delivery === "none" ? undefined : startedMs,
      endedMs,
      latency: measureRealtimeReply(conversation, sound),
    },
    endedMs,
  );
}

/** Finds what was heard of an interrupted speech. */
function findHeard(content: string, sound: UnknownAudio): HeardPart {
  const { playedS, capturedS } = sound;
  if (playedS >= capturedS - ROUNDING_S) return { content };
  const estimate = sound.estimate === undefined ? undefined : withoutMarkup(sound.estimate);
  if (
    estimate !== undefined &&
    isSameText(content, estimate, false) &&
    isCutAlready(content, sound)
  )
    return { content, heardBy: "livekit_estimate", wentOn: true };
  return findHeardText({ text: content, words: [], heardS: playedS, audioS: capturedS, estimate });
}

/**
 * Whether a chat item holds only what was heard, and not the whole text. LiveKit cuts the item of a
 * generated reply at its estimate, but keeps the whole text of a `say()`. The estimate may be wrong. So
 * we compare how long the item takes to say with the seconds played and the seconds captured. The
 * nearer one tells whether the text is cut.
 */
function isCutAlready(content: string, { playedS, capturedS, isSaid }: UnknownAudio): boolean {
  if (playedS < UNHEARD_MOMENT_S || isSaid === true) return false;
  const expectedS = estimateSpeechS(content);
  const distanceTo = (seconds: number): number => Math.abs(Math.log(expectedS / seconds));
  return distanceTo(playedS) <= distanceTo(capturedS);
}

/** For a realtime model only the beginning and the end of the wait are known, not its parts. */
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

/** Writes text that the agent only showed. */
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

/** @param isSaid whether `say()` was given the audio; undefined if nobody knows */
export function toUnknownAudio(
  segment: PlayoutSegment,
  end: PlayoutEnd,
  isSaid: boolean | undefined,
): UnknownAudio {
  const startedMs = segment.startedMs ?? end.endedMs - end.playedS * 1000;
  const { capturedS, firstFrameMs } = segment;
  return { ...end, startedMs, firstFrameMs, capturedS, isSaid };
}

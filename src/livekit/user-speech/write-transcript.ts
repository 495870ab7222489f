import type { ReportedEnd } from "../audio/speech-end.js";
import {
  type ObservedConversation,
  isAgentProtected,
} from "../conversation/observed-conversation.js";
import type { RealtimeStretch, RealtimeTurns } from "../conversation/realtime-turns.js";
import { placeUserWords } from "../../record/index.js";
import { durationOf, lengthOf, toSource, toWords } from "../text/transcript-words.js";
import type { InterimTranscript } from "./interim-transcripts.js";
import type { PendingTranscripts } from "./pending-transcripts.js";
import { noteRawTranscript } from "./stt-node-run.js";
import type { WordTiming } from "./word-timing.js";

export interface TranscriptWriterParts {
  pending: PendingTranscripts;
  realtimeTurns: RealtimeTurns;
  wordTiming: WordTiming;
  /** Who decides that the user has stopped speaking. */
  whoEndsTurns(): ReportedEnd["by"];
}

export interface WrittenAs {
  /** False if LiveKit made a turn of interim words. */
  isFinal: boolean;
  /** The stretch that these words belong to, if the realtime model's server found it. */
  found?: RealtimeStretch | undefined;
}

/** Writes one transcript as a message of the user, and gives the message's id. */
export type WriteTranscript = (transcript: InterimTranscript, as: WrittenAs) => string;

export function createTranscriptWriter(
  conversation: ObservedConversation,
  { pending, realtimeTurns, wordTiming, whoEndsTurns }: TranscriptWriterParts,
): WriteTranscript {
  const { spans, turns, callerAudio, interruptions, speechActivity, toSessionS } = conversation;
  return ({ data, service, atMs }, { isFinal, found }) => {
    const audioWords = toWords(data.words);
    const durationS = durationOf(data, audioWords);
    // An STT may run beside a realtime model, but the model's server makes the turns.
    const isOfServer = found === undefined && whoEndsTurns() === "realtime";
    const stretch = found ?? (isOfServer ? realtimeTurns.latestAt(atMs) : undefined);
    const located = found ?? wordTiming.locate(data, durationS, atMs);
    const startedMs = located.startedMs ?? stretch?.startedMs;
    const endedMs = located.endedMs ?? stretch?.endedMs;
    const turn = stretch?.turn ?? turns.forUser();
    const id = conversation.nextMessageId();
    // A realtime model may send the transcript of a stretch after it has answered it.
    const isLate = stretch !== undefined && turn.isCommitted;
    if (isFinal && !isLate) turn.transcriptFinalMs = atMs;
    if (found !== undefined) found.message = { id, text: data.text };
    spans.transcript(
      {
        ...service,
        id,
        turnId: turn.id,
        content: data.text,
        timestampMs: isLate ? Math.min(endedMs ?? atMs, stretch.endedMs ?? atMs) : atMs,
        startedMs,
        endedMs,
        language: data.language === "" ? undefined : data.language,
        // Plugins fill in 0 where their provider gives no confidence.
        confidence: data.confidence > 0 ? data.confidence : undefined,
        speaker: data.speakerId ?? undefined,
        ...toSource(data),
        words:
          audioWords === undefined || startedMs === undefined
            ? undefined
            : placeUserWords(audioWords, {
                fromS: toSessionS(startedMs),
                untilS: toSessionS(endedMs ?? atMs),
              }),
        durationS: durationS ?? lengthOf(startedMs, endedMs),
        sound:
          startedMs === undefined ? undefined : callerAudio.describe(startedMs, endedMs ?? atMs),
        interrupts: interruptions.onUserMessage({
          id,
          turnId: turn.id,
          startedMs,
          arrivedMs: atMs,
        }),
      },
      speechActivity.stretch()?.parent,
    );
    // Beside a realtime model, LiveKit makes no turn of an STT's words. So no turn will take them.
    if (!isOfServer)
      pending.add({ id, text: data.text, isProtected: isAgentProtected(conversation) });
    noteRawTranscript({ id, text: data.text });
    return id;
  };
}

import type { stt, voice } from "@livekit/agents";
import type { SpeechService } from "../../../otel/index.js";
import type { ObservedConversation } from "../conversation/observed-conversation.js";
import type { RealtimeStretch, RealtimeTurns } from "../conversation/realtime-turns.js";
import {
  FINAL_TRANSCRIPT,
  INTERIM_TRANSCRIPT,
  PREFLIGHT_TRANSCRIPT,
  START_OF_SPEECH,
} from "../livekit-facts/speech-event-types.js";
import { toWordlessData } from "../text/transcript-words.js";
import type { InterimTranscripts } from "./interim-transcripts.js";
import type { PendingTranscripts } from "./pending-transcripts.js";
import { noteRawTranscript } from "./stt-node-run.js";
import type { WriteTranscript } from "./write-transcript.js";

/**
 * Makes one message of each transcript, although LiveKit tells of it two or three times:
 *
 * 1. The STT's stream gives a `SpeechEvent` with word times. If the agent has its own `sttNode`, the
 *    node passes on the same event again, or another one made of it.
 * 2. `user_input_transcribed` tells the same words, as text alone. LiveKit may delay this event or
 *    leave it out. The words of a realtime model come only this way.
 * 3. The turn holds the words once more. If LiveKit made a turn of interim words, the final transcript
 *    follows later.
 *
 * The intake knows an event (1) by its object, a text (2) by its place among the texts that it awaits,
 * and interim words (3) by their letters and digits. So two `SpeechEvent`s with the same text are two
 * messages.
 */
export interface TranscriptIntake {
  /** 1: an STT has given an event. */
  onSpeechEvent(event: stt.SpeechEvent, service: SpeechService): void;
  /** 2: LiveKit tells of a transcript. It is written if no `SpeechEvent` brought it before. */
  onUserTranscribed(event: voice.UserInputTranscribedEvent, service: SpeechService): void;
  /** 3: LiveKit has made a turn of `text`. Its interim words, if any, are written now. */
  onTurnText(text: string): void;
  /** The agent's `sttNode` passes on `event`, made of transcripts that were counted already. */
  onPassedOn(event: stt.SpeechEvent): void;
  /**
   * An `sttNode` made `text` out of the texts `insteadOf`. LiveKit will tell of `text`, and not of
   * those.
   */
  awaitText(text: string, insteadOf: readonly string[]): void;
  /** The session ends. Later events of its streams are ignored. */
  close(): void;
}

export interface TranscriptIntakeParts {
  interims: InterimTranscripts;
  pending: PendingTranscripts;
  realtimeTurns: RealtimeTurns;
  write: WriteTranscript;
  /** Whether LiveKit ignores the STT, because a realtime model hears the user. */
  isHeardByModel(): boolean;
}

/** The most transcripts that LiveKit may hold back before it tells of one. */
const KEPT_TEXTS = 64;

/** The words of a final transcript; undefined if the event has none. */
export function finalTextOf({ type, alternatives }: stt.SpeechEvent): string | undefined {
  const text = alternatives?.[0]?.text ?? "";
  return type === FINAL_TRANSCRIPT && text.trim() !== "" ? text : undefined;
}

export function createTranscriptIntake(
  { spans, clock, turns, speechActivity }: ObservedConversation,
  { interims, pending, realtimeTurns, write, isHeardByModel }: TranscriptIntakeParts,
): TranscriptIntake {
  /** Final events that were counted already. */
  const seen = new WeakSet<stt.SpeechEvent>();
  /** Texts of the STT that `user_input_transcribed` has not told of yet, oldest first. */
  const awaited: string[] = [];
  /** The last message that was written from interim words. */
  let interimId: string | undefined;
  let isClosed = false;

  function awaitText(text: string, insteadOf: readonly string[]): void {
    for (const each of insteadOf) {
      const index = awaited.lastIndexOf(each);
      if (index >= 0) awaited.splice(index, 1);
    }
    awaited.push(text);
    if (awaited.length > KEPT_TEXTS) awaited.shift();
  }

  function onInterim(event: stt.SpeechEvent, data: stt.SpeechData, service: SpeechService): void {
    interims.onSttInterim({ data, service, atMs: clock.now() });
    // LiveKit may answer a preflight transcript before the final one. So the turn begins here.
    if (event.type === PREFLIGHT_TRANSCRIPT && data.text.trim() !== "") turns.forUser();
  }

  function onFinal(data: stt.SpeechData, service: SpeechService, found?: RealtimeStretch): void {
    const atMs = clock.now();
    const unwritten = found === undefined ? interims.withoutWritten(data, atMs) : data;
    if (unwritten !== undefined)
      write({ data: unwritten, service, atMs }, { isFinal: true, found });
    // All of it was written from interim words. An `sttNode` still receives this event, and what the
    // node makes of it belongs to the message of those words.
    else if (interimId !== undefined) noteRawTranscript({ id: interimId, text: data.text });
  }

  return {
    onSpeechEvent(event, service) {
      if (isClosed || isHeardByModel()) return;
      if (event.type === START_OF_SPEECH) {
        interims.onSpeechStart();
        speechActivity.onSttSpeechStart();
      }
      const data = event.alternatives?.[0];
      if (data === undefined) return;
      if (event.type === INTERIM_TRANSCRIPT || event.type === PREFLIGHT_TRANSCRIPT)
        onInterim(event, data, service);
      if (finalTextOf(event) === undefined || seen.has(event)) return;
      seen.add(event);
      awaitText(data.text, []);
      onFinal(data, service);
    },
    onUserTranscribed({ isFinal, transcript, language, speakerId, itemId }, service) {
      const data = toWordlessData(transcript, language ?? "", speakerId);
      if (!itemId) {
        if (isFinal) interims.onFinal();
        else interims.onLivekitInterim({ data, service, atMs: clock.now() });
      }
      if (!isFinal) return;
      // An empty transcript also uses up its speech. The next transcript is of another speech.
      const found = !itemId ? undefined : realtimeTurns.find({ itemId, arrivedMs: clock.now() });
      if (transcript.trim() === "") return;
      if (found?.message !== undefined) {
        const { message } = found;
        if (message.text !== transcript)
          spans.amend(message.id, { takenAs: transcript }, clock.now());
        message.text = transcript;
        return;
      }
      const index = awaited.indexOf(transcript);
      // LiveKit tells in order, so it will not tell of earlier texts any more.
      if (index >= 0) awaited.splice(0, index + 1);
      else onFinal(data, service, found);
    },
    onTurnText(text) {
      if (pending.match(text)) return;
      const interim = interims.take(text, clock.now());
      if (interim !== undefined) interimId = write(interim, { isFinal: false });
    },
    onPassedOn: (event) => void seen.add(event),
    awaitText,
    close() {
      isClosed = true;
    },
  };
}

import { type voice, stt } from "@livekit/agents";
import type { SpeechService } from "../../../otel/index.js";
import type { SpeechEndBy } from "../../record/index.js";
import {
  type ObservedConversation,
  isAgentProtected,
} from "../conversation/observed-conversation.js";
import { type RealtimeSpeech, createRealtimeTurns } from "../conversation/realtime-turns.js";
import type { Turn } from "../conversation/turns.js";
import type { SttNodeListener, TakenTurn } from "../instrumentation/agent-nodes.js";
import {
  durationOf,
  lengthOf,
  toSource,
  toWordlessEvent,
  toWords,
} from "../text/transcript-words.js";
import { type InterimTranscript, createInterimTranscripts } from "./interim-transcripts.js";
import { createPendingTranscripts } from "./pending-transcripts.js";
import { followSttNodeRun, noteRawTranscript } from "./stt-node-run.js";
import { createWordTiming } from "./word-timing.js";

/** A turn that LiveKit says is over. */
export interface CommittedTurn {
  speechEndMs: number | undefined;
  committedMs: number;
  /** LiveKit's id of the speech that answers it. */
  speechId: string | undefined;
}

export interface UserSpeech {
  /** An STT has heard something. */
  onSpeechEvent(event: stt.SpeechEvent, service: SpeechService): void;
  /** The server of a realtime model hears the user begin, or cease, to speak. */
  onServerSpeech(isSpeaking: boolean, itemId: string | undefined): void;
  /** The server has words, which LiveKit will tell of; says of which speech they are. */
  onServerTranscript(itemId: string, startedMs: number | undefined): void;
  /** A realtime model answers by itself: the turn is over. */
  onServerAnswer(): void;
  /**
   * LiveKit tells of a transcript by itself: recorded where no event of an STT brought it (a realtime
   * model, an agent's own `sttNode`, a model that was exchanged by name).
   */
  onUserTranscribed(event: voice.UserInputTranscribedEvent, service: SpeechService): void;
  onUserState(event: voice.UserStateChangedEvent): void;
  /** LiveKit has decided that the user's turn is over. Times in epoch milliseconds. */
  onTurnCommitted(turn: CommittedTurn): void;
  onTypedText(content: string, createdMs: number): void;
  /** LiveKit hands a turn to the agent's code; what it gives is told how that ended. */
  onTurnTaken(text: string): TakenTurn;
  /** LiveKit has put a turn of speech into the chat. */
  onTurnInChat(text: string): void;
  /** The agent has thrown away what is no turn yet. */
  onTurnCleared(): void;
  /** The agent's own `sttNode` was called. */
  onSttNode(): SttNodeListener;
  /** The session ends. */
  close(): void;
}

/** How many transcripts LiveKit may hold back before it tells of one. */
const KEPT_TEXTS = 64;

const { START_OF_SPEECH, INTERIM_TRANSCRIPT, PREFLIGHT_TRANSCRIPT, FINAL_TRANSCRIPT } =
  stt.SpeechEventType;

export interface UserSpeechOptions {
  whoEndsTurns(): Exclude<SpeechEndBy, "audio">;
  /** Whether LiveKit leaves an STT's words aside, since a realtime model tells what it hears. */
  isHeardByModel(): boolean;
}

/** Follows what the user says. */
export function followUserSpeech(
  conversation: ObservedConversation,
  { whoEndsTurns, isHeardByModel }: UserSpeechOptions,
): UserSpeech {
  const { spans, clock, turns, callerAudio, interruptions, plannedSpeeches, speechActivity } =
    conversation;
  const pending = createPendingTranscripts((id, discarded) =>
    spans.amend(id, { discarded }, clock.now()),
  );
  const places = createWordTiming(callerAudio, speechActivity);
  const open = createInterimTranscripts();
  /** The last message that was written before its words were final. */
  let earlyId: string | undefined;
  const realtimeTurns = createRealtimeTurns(turns, callerAudio);
  const seen = new WeakSet<stt.SpeechEvent>();
  /** Texts that came from an STT and that LiveKit has not told of yet, the oldest first. */
  const expected: string[] = [];
  let isClosed = false;
  /** The turn that the agent's own code has, until LiveKit tells of its commit. */
  let taken: Turn | undefined;

  function endTurn(turn: Turn | undefined): void {
    if (turn === undefined || turn.isCommitted) return;
    turn.isCommitted = true;
    speechActivity.onTurnOver(turn);
  }

  function hear(event: stt.SpeechEvent, service: SpeechService, found?: RealtimeSpeech): void {
    if (event.type === START_OF_SPEECH) {
      open.onSpeechStart();
      speechActivity.onSttSpeechStart();
    }
    const data = event.alternatives?.[0];
    if ((event.type === INTERIM_TRANSCRIPT || event.type === PREFLIGHT_TRANSCRIPT) && data)
      open.onSttInterim({ data, service, atMs: clock.now() });
    // LiveKit may begin an answer to words that are not final: it belongs to their turn.
    if (event.type === PREFLIGHT_TRANSCRIPT && data !== undefined && data.text.trim() !== "")
      turns.forUser();
    if (event.type !== FINAL_TRANSCRIPT || data === undefined || data.text.trim() === "") return;
    // The same event passes by twice where a stream is followed at both of its ends.
    if (seen.has(event)) return;
    seen.add(event);

    expected.push(data.text);
    if (expected.length > KEPT_TEXTS) expected.shift();
    const nowMs = clock.now();
    const more = found === undefined ? open.withoutWritten(data, nowMs) : data;
    if (more !== undefined) write({ data: more, service, atMs: nowMs }, { isFinal: true, found });
    else if (earlyId !== undefined) noteRawTranscript({ id: earlyId, text: data.text });
  }

  /** Gives the id of the message. */
  function write(
    { data, service, atMs: nowMs }: InterimTranscript,
    { isFinal, found }: { isFinal: boolean; found?: RealtimeSpeech | undefined },
  ): string {
    const words = toWords(data.words);
    const durationS = durationOf(data, words);
    // An STT hears what a realtime model's server divides into turns.
    const isOfServer = found === undefined && whoEndsTurns() === "realtime";
    const stretch = found ?? (isOfServer ? realtimeTurns.latestAt(nowMs) : undefined);
    const located = found ?? places.locate(data, durationS, nowMs);
    const startedMs = located.startedMs ?? stretch?.startedMs;
    const endedMs = located.endedMs ?? stretch?.endedMs;
    const sound =
      startedMs === undefined ? undefined : callerAudio.describe(startedMs, endedMs ?? nowMs);
    const turn = stretch?.turn ?? turns.forUser();
    const id = conversation.nextMessageId();
    // A realtime model answers what it has heard, and may tell only later what that was.
    const isLate = stretch !== undefined && turn.isCommitted;
    if (isFinal && !isLate) turn.transcriptFinalMs = nowMs;
    if (found !== undefined) found.message = { id, text: data.text };
    const interrupts = interruptions.onUserMessage({
      id,
      turnId: turn.id,
      startedMs,
      arrivedMs: nowMs,
    });
    spans.transcript(
      {
        ...service,
        id,
        turnId: turn.id,
        content: data.text,
        timestampMs: isLate ? Math.min(endedMs ?? nowMs, stretch.endedMs ?? nowMs) : nowMs,
        startedMs,
        endedMs,
        language: data.language === "" ? undefined : data.language,
        // Plugins fill in 0 where their provider gives none.
        confidence: data.confidence > 0 ? data.confidence : undefined,
        speaker: data.speakerId ?? undefined,
        ...toSource(data),
        words,
        durationS: durationS ?? lengthOf(startedMs, endedMs),
        sound,
        interrupts,
      },
      speechActivity.stretch()?.parent,
    );
    // LiveKit makes no turn of words when a server divides them: the model has heard them all.
    if (!isOfServer)
      pending.add({ id, text: data.text, isProtected: isAgentProtected(conversation) });
    noteRawTranscript({ id, text: data.text });
    return id;
  }

  /** LiveKit may make a turn of words before their final form has come, which it does not tell. */
  function writeOpenWords(turn: string): void {
    if (pending.match(turn)) return;
    const words = open.take(turn, clock.now());
    if (words !== undefined) earlyId = write(words, { isFinal: false });
  }

  return {
    onServerSpeech: (isNowSpeaking, itemId) =>
      realtimeTurns.onSpeech(isNowSpeaking, clock.now(), itemId),
    onServerTranscript(itemId, startedMs) {
      realtimeTurns.find({ itemId, arrivedMs: clock.now(), startedMs });
    },
    onServerAnswer() {
      const turn = turns.latest();
      if (turn === undefined || turn.isCommitted) return;
      turn.isCommitted = true;
      turn.committedMs = clock.now();
      speechActivity.noteSpeechEnd(turn, realtimeTurns.latest()?.endedMs, turn.committedMs);
      turns.takeSpeechEnd(turn.committedMs);
    },
    onSpeechEvent(event, service) {
      // A stream may outlive the recording.
      if (!isClosed && !isHeardByModel()) hear(event, service);
    },
    onUserTranscribed({ isFinal, transcript, language, speakerId, itemId }, service) {
      if (!itemId) {
        const { alternatives } = toWordlessEvent(transcript, language ?? "", speakerId);
        const data = alternatives?.[0];
        if (isFinal) open.onFinal();
        else if (data !== undefined) open.onLivekitInterim({ data, service, atMs: clock.now() });
      }
      if (!isFinal) return;
      // Speech without words has its transcript too: the next one is not of it.
      const found = !itemId ? undefined : realtimeTurns.find({ itemId, arrivedMs: clock.now() });
      if (transcript.trim() === "") return;
      if (found?.message !== undefined) {
        if (found.message.text !== transcript)
          spans.amend(found.message.id, { takenAs: transcript }, clock.now());
        found.message.text = transcript;
        return;
      }
      const known = expected.indexOf(transcript);
      // Those before it were held back by LiveKit and will not be told of.
      if (known >= 0) return void expected.splice(0, known + 1);
      hear(toWordlessEvent(transcript, language ?? "", speakerId), service, found);
      expected.pop();
    },
    onUserState(event) {
      if (event.newState === "speaking") open.onSpeechStart();
      speechActivity.onUserState(event);
    },
    onTurnCommitted({ speechEndMs, committedMs, speechId }) {
      // The user may have said more while the agent's code had the turn.
      const turn = taken ?? turns.latest();
      taken = undefined;
      if (turn === undefined) return;
      if (speechId !== undefined) plannedSpeeches.onTurnCommitted(speechId, turn);
      if (turn.isCommitted) return;
      turn.isCommitted = true;
      // LiveKit has whole milliseconds, and may seem to commit after what followed from it.
      turn.committedMs = Math.min(committedMs, turn.committedMs ?? Infinity);
      speechActivity.noteSpeechEnd(turn, speechEndMs, turn.committedMs);
      speechActivity.onTurnOver(turn);
    },
    onTypedText(content, createdMs) {
      const turn = turns.forUser();
      const id = conversation.nextMessageId();
      turn.isCommitted = true;
      turn.committedMs = createdMs;
      spans.text({
        id,
        turnId: turn.id,
        role: "user",
        content,
        source: "text_input",
        timestampMs: createdMs,
      });
    },
    onTurnTaken(text) {
      const takenMs = clock.now();
      writeOpenWords(text);
      const lastId = pending.takeForTurn(text, text !== "").at(-1);
      const turn = turns.latest();
      const isNew = turn !== undefined && !turn.isCommitted && !turn.isTaken;
      taken = isNew ? turn : undefined;
      if (isNew) {
        turn.isTaken = true;
        // LiveKit tells of the commit after the agent's code, by when an answer may have been heard.
        turn.committedMs = takenMs;
        speechActivity.noteSpeechEnd(turn, speechActivity.silentMs(), takenMs);
        speechActivity.onTurnOver(turn);
      }
      return {
        onEnd({ text: takenAs, isReplyStopped, isOwnCode }) {
          if (isOwnCode && isNew && !turn.isCommitted) turn.hookEndMs = clock.now();
          if (takenAs !== text && lastId !== undefined)
            spans.amend(lastId, { takenAs }, clock.now());
          if (!isReplyStopped) return;
          endTurn(turn);
          if (turn !== undefined) plannedSpeeches.onReplyStopped(turn);
          taken = undefined;
          spans.event({ type: "reply_stopped", atMs: takenMs, turnId: turn?.id, data: {} });
        },
      };
    },
    onTurnInChat(text) {
      writeOpenWords(text);
      // A turn that a realtime model's server has found comes into the chat and by no other way.
      const isKnown = realtimeTurns.latest() !== undefined;
      if (pending.takeForTurn(text, false).length > 0 && !isKnown) endTurn(turns.latest());
    },
    onTurnCleared() {
      open.forget();
      pending.discard("turn_cleared");
      const turn = turns.latest();
      endTurn(turn);
      if (turn !== undefined) plannedSpeeches.onReplyStopped(turn);
    },
    onSttNode() {
      const ears = followSttNodeRun({
        isOpen: pending.has,
        onDropped: (id) => pending.discard("stt_node", id),
        onPassed(from, text, latest) {
          const ids = from.map(({ id }) => id);
          pending.replace(ids, text);
          // LiveKit will tell of what the node has made of them, and not of themselves.
          for (const raw of from) {
            const known = expected.lastIndexOf(raw.text);
            if (known >= 0) expected.splice(known, 1);
          }
          expected.push(latest);
        },
        onChanged: (id, takenAs) => spans.amend(id, { takenAs }, clock.now()),
      });
      return {
        onRawTranscript: ears.onRawTranscript,
        onEvent: (event) => {
          const text = event.alternatives?.[0]?.text ?? "";
          if (event.type !== FINAL_TRANSCRIPT || text.trim() === "") return;
          if (ears.pass(text)) seen.add(event);
          else if (!seen.has(event)) this.onSpeechEvent(event, { source: "custom_stt" });
        },
        onEnd: ears.end,
      };
    },
    close() {
      isClosed = true;
      pending.close();
    },
  };
}

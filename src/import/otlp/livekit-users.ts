import type { DraftUser } from "../draft-call.js";
import { durationAt, numberAt, present, textAt, timestampOf } from "../fields.js";
import { readFinalMs, readModel, toSource } from "./livekit-facts.js";
import type { LivekitDialect } from "./livekit-dialect.js";
import { type AgentTurn, type LivekitTurns, type UserTurn, wordsOf } from "./livekit-turns.js";
import { type ReceivedSpan, findLastBefore, orderOf, groupBy } from "./received-span.js";

/** The moments of a turn of the user, in milliseconds since 1970. */
export interface UserMoments {
  speechEndMs: number | undefined;
  finalMs: number | undefined;
  committedMs: number | undefined;
  hookEndMs: number | undefined;
}

/** How far the end of the agent's sound and the user's speech that ended it may lie apart. */
const CUT_TOLERANCE_MS = 300;

/** What the user said and typed in a call, and which reply answers it. */
export class LivekitUsers {
  readonly drafts: DraftUser[] = [];
  /** No span has any words, as with `allow_pii=False`. */
  readonly isWithheld: boolean;
  readonly #turns: LivekitTurns;
  readonly #unitMs: number | undefined;
  readonly #draftOf = new Map<UserTurn, DraftUser>();
  /** The turn that a speech answers. */
  readonly #answered = new Map<string, UserTurn>();
  readonly #speechOf = new Map<UserTurn, string>();

  constructor(turns: LivekitTurns, { delayUnitMs }: LivekitDialect) {
    this.#turns = turns;
    this.#unitMs = delayUnitMs;
    this.isWithheld = !hasWords(turns);
    const typed = this.#matchTurns();
    for (const turn of turns.userTurns) this.#addSpoken(turn);
    this.drafts.push(...typed);
  }

  /** The turn of a reply; undefined if no span tells, and the order of the messages has to. */
  turnNameOf(turn: AgentTurn): string | undefined {
    const speech = speechOf(turn);
    return this.isWithheld && !this.#answered.has(speech) ? undefined : speech;
  }

  /** When the turn ended that a reply answers; undefined if it answers no speech. */
  momentsOf(turn: AgentTurn): UserMoments | undefined {
    const answered = this.#answered.get(speechOf(turn));
    return answered && this.#readMoments(answered);
  }

  /** The message whose speech cut off a reply that was audible between two moments. */
  findInterrupter(startMs: number, endMs: number): DraftUser | undefined {
    const found = findLastBefore(
      this.#turns.userSpeech,
      endMs + CUT_TOLERANCE_MS,
      ({ speaking }) => speaking.startMs,
    );
    if (found?.turn === undefined) return undefined;
    const { speaking, turn } = found;
    const isOver = speaking.startMs > startMs && speaking.endMs >= endMs - CUT_TOLERANCE_MS;
    return isOver ? this.#draftOf.get(turn) : undefined;
  }

  /** Finds the turn of each reply, and returns what was typed: what a reply answers and nobody said. */
  #matchTurns(): DraftUser[] {
    const byDelay = groupBy(this.#turns.userTurns, ({ span }) => delaysOf(span) ?? "");
    const byWords = groupBy(this.#turns.userTurns, ({ span }) => wordsOf(span, "user_transcript"));
    const typed = new Map<string, DraftUser>();
    for (const agentTurn of this.#turns.agentTurns) {
      const { span } = agentTurn;
      if (span === undefined) continue;
      const speech = speechOf(agentTurn);
      const input = wordsOf(span, "user_input");
      const delays = delaysOf(span);
      const candidates =
        (delays === undefined ? undefined : byDelay.get(delays)) ??
        (input === "" ? undefined : byWords.get(input)) ??
        [];
      const turn = findLastBefore(candidates, orderOf(span), (each) => orderOf(each.span));
      const isFree = turn !== undefined && (this.#speechOf.get(turn) ?? speech) === speech;
      if (isFree && !this.#answered.has(speech)) {
        this.#answered.set(speech, turn);
        this.#speechOf.set(turn, speech);
      } else if (input !== "" && !this.#answered.has(speech) && !typed.has(speech))
        typed.set(speech, toTyped(span, input, speech));
    }
    return [...typed.values()];
  }

  #addSpoken(turn: UserTurn): void {
    const { span, speakings } = turn;
    const words = wordsOf(span, "user_transcript");
    const { finalMs, speechEndMs, committedMs } = this.#readMoments(turn);
    if (words === "" && !(this.isWithheld && committedMs !== undefined)) return;
    const speech = this.#speechOf.get(turn);
    const taken = this.#findTaken(speech, words);
    const confidence = durationAt(span.attributes, "lk.transcript_confidence");
    const draft: DraftUser = {
      role: "user",
      content: words,
      ...present("timestamp", timestampOf(finalMs ?? span.endMs ?? speechEndMs)),
      source: toSource(textAt(span.attributes, "gen_ai.provider.name"), "stt"),
      // A turn that no reply answers is one of its own.
      ...(!(this.isWithheld && speech === undefined) && { turn: speech ?? `user ${span.spanId}` }),
      ...present("started_at", timestampOf(speakings[0]?.startMs)),
      ...present("ended_at", timestampOf(speakings.at(-1)?.endMs)),
      trace_id: span.traceId,
      span_id: span.spanId,
      ...present("model", readModel(span)),
      // LiveKit writes 0 where the STT gives none.
      ...(confidence !== undefined && confidence > 0 && confidence <= 1 && { confidence }),
      ...present("taken_as", taken),
    };
    this.#draftOf.set(turn, draft);
    this.drafts.push(draft);
  }

  /** The words of the turn as the reply got them, if `onUserTurnCompleted` changed them. */
  #findTaken(speech: string | undefined, words: string): string | undefined {
    if (speech === undefined || words === "") return undefined;
    const input = this.#inputs.get(speech);
    return input === undefined || input === words ? undefined : input;
  }

  get #inputs(): ReadonlyMap<string, string> {
    this.#knownInputs ??= new Map(
      this.#turns.agentTurns.flatMap((turn) => {
        const input = turn.span === undefined ? "" : wordsOf(turn.span, "user_input");
        return input === "" ? [] : [[speechOf(turn), input] as const];
      }),
    );
    return this.#knownInputs;
  }
  #knownInputs: ReadonlyMap<string, string> | undefined;

  #readMoments({ span, speakings, waits, hooks }: UserTurn): UserMoments {
    const speechEndMs = speakings.at(-1)?.endMs;
    // A delay of 0 means that LiveKit does not know it.
    const after = (...keys: string[]): number | undefined => {
      const delay = keys.map((key) => durationAt(span.attributes, key)).find(Boolean);
      if (speechEndMs === undefined || delay === undefined || this.#unitMs === undefined)
        return undefined;
      return speechEndMs + delay * this.#unitMs;
    };
    const commit = waits.findLast(({ attributes }) => attributes["lk.eou.outcome"] === "committed");
    return {
      speechEndMs,
      finalMs: readFinalMs(span) ?? after("lk.transcription_delay"),
      committedMs: commit?.endMs ?? after("lk.end_of_turn_delay", "lk.end_of_utterance_delay"),
      hookEndMs: hooks.at(-1)?.endMs,
    };
  }
}

/** LiveKit's id of the speech that a reply is a part of. */
export function speechOf({ span, steps, startMs }: AgentTurn): string {
  if (span !== undefined) return textAt(span.attributes, "lk.speech_id") ?? span.spanId;
  const first = steps[0]?.llm ?? steps[0]?.ttsNodes[0];
  return first?.spanId ?? String(startMs);
}

/** Python copies both delays of a turn to the reply that answers it, with all their digits. */
function delaysOf({ attributes }: ReceivedSpan): string | undefined {
  const delays = ["lk.end_of_turn_delay", "lk.transcription_delay"].map((key) =>
    numberAt(attributes, key),
  );
  return delays.every((delay) => delay !== undefined && delay > 0) ? delays.join(" ") : undefined;
}

function hasWords({ userTurns, agentTurns }: LivekitTurns): boolean {
  return (
    userTurns.some(({ span }) => wordsOf(span, "user_transcript") !== "") ||
    agentTurns.some(
      ({ span, steps }) =>
        (span !== undefined &&
          (wordsOf(span, "response.text") !== "" || wordsOf(span, "user_input") !== "")) ||
        steps.some(({ llm }) => llm !== undefined && wordsOf(llm, "response.text") !== ""),
    )
  );
}

/** What a reply answers. If LiveKit measured a delay, it was speech, and the span of its turn is lost. */
function toTyped(span: ReceivedSpan, content: string, turn: string): DraftUser {
  const wasSpoken = ["lk.e2e_latency", "lk.transcription_delay"].some(
    (key) => numberAt(span.attributes, key) !== undefined,
  );
  return {
    role: "user",
    content,
    ...present("timestamp", timestampOf(span.startMs)),
    source: wasSpoken ? "unknown_stt" : "text_input",
    turn,
  };
}

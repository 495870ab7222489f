import type { Turn } from "../conversation/turns.js";
import type { LlmRequest } from "../latency/llm-requests.js";
import { activeSpanNamed, parentSpanId } from "../livekit-facts/active-span.js";
import type { Clock } from "../livekit-facts/clock.js";
import { type SynthesisText, createSynthesisText } from "./synthesis-text.js";

/** A synthesis that has words to speak, and so is a message. */
export interface BegunSynthesis {
  /** The message's id. */
  id: string;
  turn: Turn;
  /** Epoch milliseconds. */
  firstTextMs: number;
  runningToolsMs: readonly number[];
  request: LlmRequest | undefined;
  agent: string | undefined;
}

/** The text of a synthesis, and the message that begins with its first spoken words. */
export interface SynthesisStart {
  readonly text: SynthesisText;
  /** Known from the first spoken words on; undefined before. */
  readonly begun: BegunSynthesis | undefined;
  /**
   * Takes a part of the text. Returns the message if it begins with this part.
   * @param atMs when the part came, if not now
   */
  onText(more: string, atMs?: number): BegunSynthesis | undefined;
  /** The synthesis was none after all, so its turn waits for a reply again. */
  forget(): void;
}

export interface SynthesisStartOptions {
  /**
   * Finds the request to the LLM behind a synthesis by the span id of the agent's turn. Without an
   * id it gives the latest possible request, because a TTS that speaks sentence by sentence opens
   * its syntheses outside the turn's span.
   */
  findRequest(turnSpanId: string | undefined): LlmRequest | undefined;
  /** The turn that it answers. Called once there is a text. */
  findTurn(): Turn;
  /** When the tools began that run for a turn now. */
  findRunningTools(turn: Turn): number[];
}

/** What a message needs from the conversation (see `ObservedConversation`). */
export interface MessageSource {
  clock: Clock;
  nextMessageId(): string;
  currentAgent(): string | undefined;
}

/** Called when LiveKit opens a synthesis, so that the active span is its `tts_node`. */
export function createSynthesisStart(
  { clock, nextMessageId, currentAgent }: MessageSource,
  options: SynthesisStartOptions,
): SynthesisStart {
  const turnSpanId = activeSpanNamed("tts_node") === undefined ? undefined : parentSpanId();
  const text = createSynthesisText();
  let firstTextMs: number | undefined;
  let begun: BegunSynthesis | undefined;

  return {
    text,
    get begun() {
      return begun;
    },
    onText(more, atMs) {
      text.push(more);
      if (more.trim() !== "") firstTextMs ??= atMs ?? clock.now();
      // White space or a pause alone is not spoken, so it begins no message.
      if (begun !== undefined || firstTextMs === undefined || !text.hasSpeech()) return undefined;
      const turn = options.findTurn();
      begun = {
        turn,
        id: nextMessageId(),
        firstTextMs,
        runningToolsMs: options.findRunningTools(turn),
        request: options.findRequest(turnSpanId),
        agent: currentAgent(),
      };
      return begun;
    },
    forget() {
      if (begun !== undefined && begun.turn.firstReply === begun.id)
        begun.turn.firstReply = undefined;
      begun = undefined;
    },
  };
}

import type { AudioFrame } from "@livekit/rtc-node";
import type { PlayoutPart } from "../audio/playout-segment.js";
import type { ObservedConversation } from "../conversation/observed-conversation.js";
import { currentContext } from "../instrumentation/call-context.js";
import type { LlmRequests } from "../latency/llm-requests.js";
import { type LiveSynthesis, type SynthesisOptions, createSynthesis } from "./live-synthesis.js";

/** What `begin` is given. Fields left out are found from the code that runs now. */
export type NewSynthesis = Pick<
  SynthesisOptions,
  "describe" | "origin" | "isTentative" | "isPrerecorded" | "isRealtime"
> &
  Partial<Pick<SynthesisOptions, "findRequest" | "findTurn" | "planned">>;

/** The syntheses whose playout is not settled yet, in the order in which they began. */
export interface OpenSyntheses {
  begin(synthesis: NewSynthesis): LiveSynthesis;
  /** No more audio of the synthesis comes. */
  end(synthesis: LiveSynthesis): void;
  /** LiveKit closes it early. Audio that has not reached the output will not be heard. */
  onClose(synthesis: LiveSynthesis): void;
  /** The synthesis is written and leaves the set, because we know now what was heard of it. */
  settle(synthesis: LiveSynthesis): void;
  /** A tentative synthesis turned out to be none. */
  forget(synthesis: LiveSynthesis): void;
  /**
   * Gives up each ended synthesis that never reached the output and whose planned speeches have all
   * ended.
   */
  giveUpOrphans(): void;
  /** The open synthesis whose audio a part of the playout carries. */
  find(part: PlayoutPart | undefined): LiveSynthesis | undefined;
  /** Guesses the synthesis of a frame that lost its mark (`frame.userdata`). */
  guess(frame: AudioFrame): LiveSynthesis | undefined;
  /** The session closes. A synthesis given up from now on is `closed`, not `discarded`. */
  beginClosing(): void;
  isClosing(): boolean;
  /** Gives up everything that is still open. */
  close(): void;
}

export function createOpenSyntheses(
  conversation: ObservedConversation,
  requests: LlmRequests,
  isSessionClosing: () => boolean,
): OpenSyntheses {
  const { spans, clock, guard, turns, plannedSpeeches } = conversation;
  const open = new Set<LiveSynthesis>();
  let hasBegunToClose = false;
  const isClosing = () => hasBegunToClose || isSessionClosing();

  function giveUp(synthesis: LiveSynthesis): void {
    const reason = isClosing() ? "closed" : "discarded";
    open.delete(synthesis);
    if (synthesis.isEnded() && synthesis.id !== undefined && !synthesis.isUnspoken()) {
      spans.unspoken(synthesis.id, reason, clock.now(), synthesis.playoutParent);
    } else {
      synthesis.end(reason);
    }
  }

  function giveUpOrphans(): void {
    for (const synthesis of open) {
      if (synthesis.isEnded() && !synthesis.isCaptured && synthesis.planned.haveEnded())
        giveUp(synthesis);
    }
  }

  return {
    begin(asked) {
      const synthesis = createSynthesis(conversation, {
        // A `say()` inside a tool has the tool's LLM request as its parent, but no request of its own.
        findRequest: currentContext().isSay === true ? () => undefined : requests.find,
        findRunningTools: plannedSpeeches.findRunningTools,
        findTurn: () => plannedSpeeches.latestTurn() ?? turns.forAgent(),
        planned: plannedSpeeches.current(),
        ...asked,
        isClosing,
      });
      open.add(synthesis);
      return synthesis;
    },
    end(synthesis) {
      synthesis.isComplete = synthesis.failure === undefined;
      synthesis.end();
      if (synthesis.isUnspoken() || synthesis.id === undefined) open.delete(synthesis);
      giveUpOrphans();
    },
    onClose(synthesis) {
      if (synthesis.isEnded()) return;
      if (synthesis.isCaptured) synthesis.end();
      else giveUp(synthesis);
    },
    settle(synthesis) {
      // The message must be in the record before it can be amended.
      synthesis.end();
      open.delete(synthesis);
    },
    forget(synthesis) {
      open.delete(synthesis);
      synthesis.forget();
    },
    giveUpOrphans,
    find(part) {
      const synthesis = part?.synthesis as LiveSynthesis | undefined;
      return synthesis !== undefined && open.has(synthesis) ? synthesis : undefined;
    },
    guess({ sampleRate }) {
      const audible = [...open].filter(({ audio }) => audio.durationS > 0);
      // LiveKit's resampler makes new frames. It resamples only audio of another sample rate.
      const resampled = audible.filter(({ audio }) => audio.sampleRate !== sampleRate);
      const guess = resampled.findLast((each) => each.isCaptured) ?? resampled[0];
      // The agent's own `realtimeAudioOutputNode` may replace the model's frames by new ones.
      return guess ?? audible.findLast((each) => each.isRealtime);
    },
    beginClosing() {
      hasBegunToClose = true;
    },
    isClosing,
    close() {
      hasBegunToClose = true;
      // If one of them fails, the others must still end.
      for (const synthesis of open) guard.run("ended a synthesis", () => giveUp(synthesis));
    },
  };
}

import { type Delivery, type HeardBy, findDeliveryFault } from "../../record/index.js";
import type { Playout } from "../../../otel/index.js";
import type { ObservedConversation } from "../conversation/observed-conversation.js";
import { roundToMillis } from "../livekit-facts/livekit-units.js";

/** What was heard of a reply. */
export interface HeardPart {
  content: string;
  /** Missing if all audio was played, so that nothing had to be estimated. */
  heardBy?: HeardBy | undefined;
  /** The reply went on after `content` with words that nobody knows. */
  wentOn?: boolean;
}

/** A reply whose playback has ended. Times in seconds. */
export interface PlayedReply {
  turnId: string | undefined;
  /** When the playback ended, in epoch milliseconds. */
  endedMs: number;
  /** The message's `content` in the record at this moment: the whole text. */
  text: string;
  /** When the provider's last word ends, in seconds of the audio; undefined without word times. */
  lastWordEndS: number | undefined;
  /** The message's `audio.duration_s`. */
  durationS: number;
  heard: HeardPart;
  playedS: number;
  /** Seconds of audio that the output got, if they differ from `durationS`. */
  outputS?: number | undefined;
}

type HeardOfPlayout = Pick<Playout, "delivery" | "heard" | "heardBy" | "playedS" | "outputS">;

/**
 * What the playout's span says of a reply, after a check that its facts agree. A played time that
 * contradicts what was heard becomes an `implausible_figure` event and is left out, because nobody can
 * tell which of the two is true.
 */
export function settleHeard({ spans }: ObservedConversation, reply: PlayedReply): HeardOfPlayout {
  const { text, lastWordEndS, durationS, heard, turnId, endedMs } = reply;
  const playedS = roundToMillis(reply.playedS);
  const outputS = reply.outputS === undefined ? undefined : roundToMillis(reply.outputS);
  const delivery = findDelivery(text, heard);
  const facts = {
    delivery,
    content: heard.content,
    ...(heard.content === text ? {} : { generated: text }),
    ...(outputS === undefined ? {} : { output_s: outputS }),
    played_s: playedS,
    audio: { duration_s: roundToMillis(durationS) },
  };
  // If `played_s` contradicts `delivery`, there was silence before or after the words. Only word times
  // can tell that.
  const isSilence = heard.heardBy === "word_times" && findDeliveryFault(facts) !== undefined;
  const heardBy = delivery === "partial" || isSilence ? heard.heardBy : undefined;
  const fault = findDeliveryFault(
    { ...facts, ...(heardBy === undefined ? {} : { heard_by: heardBy }) },
    lastWordEndS,
  );
  if (fault !== undefined) {
    const data = { figure: "played_s", value: playedS, unit: "s" };
    spans.event({ type: "implausible_figure", atMs: endedMs, turnId, data });
  }
  return {
    delivery,
    heard: delivery === "full" ? undefined : heard.content,
    heardBy,
    playedS: fault === undefined ? playedS : undefined,
    outputS,
  };
}

function findDelivery(text: string, { content, wentOn = false }: HeardPart): Delivery {
  if (content === text && !wentOn) return "full";
  return content === "" ? "none" : "partial";
}

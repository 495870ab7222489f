import type { AgentMessage } from "../../record/index.js";
import { cutByShare } from "./heard-share.js";

/** What spans tell of how much of a reply was heard. */
export interface ToldDelivery {
  /** The words that LiveKit forwarded; undefined if no span tells. */
  told: string | undefined;
  generated: string;
  isCut: boolean;
  /** The span that tells how the reply ended never came. */
  isOpen: boolean;
  /** Seconds of a cut reply that were played, as the audio output counted them. */
  playedS: number | undefined;
  /** Seconds from its first sound to its last, which is about the same. */
  audibleS: number | undefined;
  /** Seconds that were synthesised. */
  soundS: number | undefined;
}

export type Heard = Pick<
  AgentMessage,
  "content" | "delivery" | "generated" | "heard_by" | "played_s"
>;

/** Sound that is shorter than this has no word in it. */
const UNHEARD_S = 0.5;
/** Two figures of the same sound may differ by this. */
const TOLERANCE_S = 0.1;

/**
 * What the caller heard of a reply. A text that LiveKit forwarded is its own estimate. If it forwarded
 * all of a reply that was cut off, the estimate is wrong, and the share of the sound tells.
 */
export function readHeard(delivery: ToldDelivery): Heard {
  const { told, generated, isCut, isOpen, playedS, audibleS, soundS } = delivery;
  if (isOpen) return { content: generated, delivery: "pending" };
  if (!isCut) return { content: told || generated, delivery: "full" };
  const isAll = told === generated && told !== "";
  if (isAll || (told === "" && generated !== "" && (playedS ?? audibleS ?? 0) > UNHEARD_S)) {
    const cut = readShare(generated, playedS ?? audibleS, soundS);
    if (cut !== undefined) return { ...cut, ...withPlayed(cut.delivery, playedS, soundS) };
    // Nobody knows which part of it was heard.
    if (isAll) return { content: generated, delivery: "pending" };
  }
  if (told === undefined || told === "") {
    if (generated === "") return { content: "", delivery: "pending" };
    return { content: "", delivery: "none", generated };
  }
  return {
    content: told,
    delivery: "partial",
    ...(generated !== "" && generated !== told && { generated }),
    heard_by: "estimate",
    ...withPlayed("partial", playedS, soundS),
  };
}

function readShare(
  generated: string,
  playedS: number | undefined,
  soundS: number | undefined,
): Heard | undefined {
  if (playedS === undefined || soundS === undefined || soundS <= 0) return undefined;
  if (playedS >= soundS - TOLERANCE_S) return { content: generated, delivery: "full" };
  const content = cutByShare(generated, playedS / soundS);
  if (content === "" && playedS > UNHEARD_S) return undefined;
  if (content === "") return { content, delivery: "none", generated };
  return {
    content,
    delivery: "partial",
    generated,
    heard_by: "duration_ratio",
  };
}

/** The played seconds, if they can be true: more than nothing, and no more than there was. */
function withPlayed(
  delivery: AgentMessage["delivery"],
  playedS: number | undefined,
  soundS: number | undefined,
): Pick<AgentMessage, "played_s"> {
  if (
    delivery !== "partial" ||
    playedS === undefined ||
    playedS <= 0 ||
    playedS > (soundS ?? playedS)
  )
    return {};
  return { played_s: Math.round(playedS * 1000) / 1000 };
}

import type { PlayoutEnd, PlayoutPart, PlayoutSegment } from "../audio/playout-segment.js";
import { type HeardText, findHeardText } from "../text/heard-text.js";
import type { LiveSynthesis } from "./live-synthesis.js";

/** Less than this is left of a synthesis that was played to its end: sums of frames are not exact. */
const ROUNDING_S = 0.01;

/** How fast people speak, roughly: for the length of speech that was never made. */
const CHARACTERS_PER_SECOND = 15;

/** What was heard of a synthesis that was cut off; undefined when that was all of it. */
export function findHeardPart(
  synthesis: LiveSynthesis,
  heardS: number,
  part: PlayoutPart,
  segment: PlayoutSegment,
  end: PlayoutEnd,
): HeardText | undefined {
  const hasFailed = synthesis.failure !== undefined;
  if (!end.interrupted && !hasFailed) return undefined;
  if (
    !hasFailed &&
    heardS > 0 &&
    heardS >= synthesis.audio.durationS - ROUNDING_S &&
    synthesis.isComplete
  )
    return undefined;
  const content = synthesis.content();
  const heard = findHeardText({
    text: content,
    words: synthesis.words,
    heardS,
    // What a provider had still to say when it failed is not known, but that it was something.
    audioS: hasFailed
      ? Math.max(synthesis.audio.durationS, content.length / CHARACTERS_PER_SECOND)
      : synthesis.audio.durationS,
    estimate: estimateFor(part, segment, end.estimate),
  });
  return heard.content === content && heardS > 0 ? undefined : heard;
}

/** LiveKit estimates what was heard of a whole segment: gives the share of one part. */
function estimateFor(
  part: PlayoutPart,
  { parts }: PlayoutSegment,
  estimate: string | undefined,
): string | undefined {
  let rest = estimate;
  for (const earlier of parts) {
    if (earlier === part || rest === undefined) return rest;
    const text = (earlier.synthesis as LiveSynthesis | undefined)?.content();
    rest =
      text !== undefined && rest.startsWith(text) ? rest.slice(text.length).trimStart() : undefined;
  }
  return rest;
}

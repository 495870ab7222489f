import { styles } from "./styles.js";
import {
  type FoundCall,
  type SearchedMessage,
  formatMoment,
  markWords,
} from "../../insight/index.js";
import { findUnheard } from "../../record/index.js";
import type { Screen } from "../run-command.js";

/** How many characters of a message are shown before the first word that was found. */
const BEFORE = 40;
const LONGEST_TEXT = 400;

/** Hits as lines, each with the name and moment that `show` takes; a call without words is one. Pure. */
export function formatHits(
  calls: readonly FoundCall[],
  words: readonly string[],
  { columns = LONGEST_TEXT }: Screen,
): string {
  return calls
    .flatMap(({ name, hits }) =>
      hits.length === 0
        ? [name]
        : hits.map((hit) => {
            const { role, at_s } = hit;
            const place = at_s === undefined ? name : `${name}@${formatMoment(at_s)}`;
            const who = role === "user" ? styles.yellow("user ") : styles.cyan("agent");
            const room = Math.max(60, columns - place.length - 9);
            return `${place}  ${who} ${formatText(sayBoth(hit), words, room)}`;
          }),
    )
    .join("\n");
}

/** A reply that was cut off, with what of it nobody heard. Words are searched in both parts. */
function sayBoth(hit: SearchedMessage): string {
  const unheard = findUnheard(hit);
  return unheard ? `${hit.content} [not heard: ${unheard}]`.trimStart() : hit.content;
}

/** The words in their context, marked. A long message is cut around the first of them. */
function formatText(text: string, words: readonly string[], room: number): string {
  const pieces = markWords(text, words);
  const first = pieces.findIndex(({ isHit }) => isHit);
  const beforeLength = pieces
    .slice(0, Math.max(0, first))
    .reduce((sum, each) => sum + each.text.length, 0);
  let skip = text.length > room && beforeLength > BEFORE ? beforeLength - BEFORE : 0;
  let left = room;
  let shown = skip > 0 ? "…" : "";
  for (const { text: piece, isHit } of pieces) {
    const kept = piece.slice(skip, skip + Math.max(0, left));
    skip = Math.max(0, skip - piece.length);
    left -= kept.length;
    if (kept !== "") shown += isHit ? styles.bold(kept) : kept;
  }
  return left <= 0 ? `${shown}…` : shown;
}

import { hasUnspacedScript } from "./segment-text.js";
import { findCueEnd, isCueName, mayBecomeCue } from "./voice-cues.js";

/** SSML elements, and tags that a TTS interprets even without attributes or an end tag. */
const KNOWN_TAGS: ReadonlySet<string> = new Set(
  (
    "speak voice prosody emphasis break say-as phoneme sub audio mark lang lexicon lookup metadata " +
    "meta desc token w p s par seq media paragraph sentence br expr expression emotion sound speed " +
    "volume spell whisper soft loud slow fast"
  ).split(" "),
);

/** Tags at which a voice makes a pause, so the text on both sides is not one word. */
const PAUSES: ReadonlySet<string> = new Set([
  "break",
  "br",
  "p",
  "s",
  "paragraph",
  "sentence",
  "audio",
]);

interface Tag {
  start: number;
  end: number;
  /** In lower case; empty for a comment, an instruction, or a direction such as `[laughs]`. */
  name: string;
  /**
   * - `certain`: an end tag, an empty tag, a tag with attributes, or a direction. Nobody writes those as
   *   words.
   * - `bare`: `<name>`, which is a tag only if the name is known or an end tag follows.
   * - `unfinished`: the text ends within the tag.
   */
  kind: "certain" | "bare" | "unfinished";
  isEnd: boolean;
  /** A direction such as `[laughs]`. */
  isCue?: boolean;
}

const OPENING = /[<[(]/g;

/**
 * A text without its markup, as a voice says it. SSML and LiveKit's expressive markers are tags in
 * angle brackets. Directions of voices are known words in brackets, such as `[laughter]`, `<laugh>` or
 * `<#0.5#>`. Other text, such as "3 < 5" or "[link](url)", stays. A tag that the end of the text cuts
 * off is removed too. Linear in the length of the text.
 */
export function withoutMarkup(text: string): string {
  if (findOpening(text, 0) < 0) return text;
  const kept: string[] = [];
  /** The end of what was kept. Reading it from the joined text would copy that text each time. */
  let last = "";
  let from = 0;
  const keep = (part: string) => {
    if (part === "") return;
    kept.push(part);
    last = (last + part.slice(-CONTEXT)).slice(-CONTEXT);
  };
  for (const { start, end, name, isCue } of findTags(text)) {
    keep(text.slice(from, start));
    from = end;
    // If a tag stood between two spaces, one space is left.
    if (last === "" || /\s$/.test(last)) while (isBlank(text.charCodeAt(from))) from += 1;
    else if ((isCue || PAUSES.has(name)) && needsSpace(last, text.charAt(from))) keep(" ");
  }
  keep(text.slice(from));
  return kept.join("");
}

/** Where the markup of a text is, in order. */
export function findMarkup(text: string): { start: number; end: number }[] {
  return findTags(text).map(({ start, end }) => ({ start, end }));
}

function findTags(text: string): Tag[] {
  const tags: Tag[] = [];
  for (let at = findOpening(text, 0); at >= 0;) {
    const found = readTag(text, at);
    if ("name" in found) tags.push(found);
    // Text that was read and is no tag is not read again. Otherwise a text of many "<" takes quadratic
    // time.
    at = findOpening(text, found.end);
  }
  const ended = new Set(tags.filter(({ isEnd }) => isEnd).map(({ name }) => name));
  return tags.filter(({ kind, name }) => kind !== "bare" || isKnown(name) || ended.has(name));
}

/** The next bracket from a place on; -1 without one. */
function findOpening(text: string, from: number): number {
  OPENING.lastIndex = from;
  return OPENING.exec(text)?.index ?? -1;
}

function isKnown(name: string): boolean {
  return KNOWN_TAGS.has(name) || isCueName(name, true);
}

const NAME = /[A-Za-z][\w:.-]*/y;
const SPACE = /\s*/y;
const ATTRIBUTE = /[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>=/]+)/y;
/** An attribute whose value has no end. */
const OPEN_ATTRIBUTE = /[\w:.-]+\s*=\s*["']/y;

/** Text that is no tag. It ends where reading stopped. */
type NoTag = { end: number };

/** Reads the tag or the direction that begins at a bracket, however long it is. */
function readTag(text: string, start: number): Tag | NoTag {
  const cueEnd = findCueEnd(text, start);
  if (cueEnd !== undefined) {
    const isOpen = cueEnd === text.length && !/[\])>]/.test(text.charAt(cueEnd - 1));
    const kind = isOpen ? "unfinished" : "certain";
    return { start, end: cueEnd, name: "", kind, isEnd: false, isCue: true };
  }
  return text[start] === "<" ? readElement(text, start) : { end: start + 1 };
}

function readElement(text: string, start: number): Tag | NoTag {
  const tag = (end: number, name: string, kind: Tag["kind"], isEnd = false): Tag => ({
    start,
    end,
    name,
    kind,
    isEnd,
  });
  for (const [opening, closing] of COMMENTS) {
    if (!text.startsWith(opening, start)) continue;
    if (opening === "<?" && matchAt(NAME, text, start + 2) === "") continue;
    const end = text.indexOf(closing, start + opening.length);
    return end >= 0 ? tag(end + closing.length, "", "certain") : tag(text.length, "", "unfinished");
  }
  const isEnd = text[start + 1] === "/";
  let at = start + (isEnd ? 2 : 1);
  const name = matchAt(NAME, text, at).toLowerCase();
  at += name.length;
  if (name === "")
    return isEnd && at === text.length ? tag(at, "", "unfinished") : { end: start + 1 };
  let attributes = 0;
  /** Where a ">" is within a value. The tag ends there if it has no other end. */
  let quotedEnd: number | undefined;
  for (;;) {
    const spaces = matchAt(SPACE, text, at).length;
    at += spaces;
    const attribute = spaces > 0 && !isEnd ? matchAt(ATTRIBUTE, text, at) : "";
    if (attribute === "") break;
    attributes += 1;
    if (attribute.includes(">")) quotedEnd ??= at + attribute.indexOf(">") + 1;
    at += attribute.length;
  }
  const isEmpty = text[at] === "/" && !isEnd;
  if (isEmpty) at += 1;
  if (text[at] === ">")
    return tag(at + 1, name, isEnd || isEmpty || attributes > 0 ? "certain" : "bare", isEnd);
  const opened = isEnd || isEmpty ? "" : matchAt(OPEN_ATTRIBUTE, text, at);
  if (opened !== "") {
    // A quote that is never closed would hide all following text.
    const end = text.indexOf(">", at) + 1;
    if (end > 0) return tag(end, name, "certain");
  } else if (!isUnfinished(text, at)) {
    return quotedEnd === undefined ? { end: at } : tag(quotedEnd, name, "certain");
  }
  // The text ends here. "<break" and "<expr type" are tags, but "if x <s" may be none.
  const isTag =
    isEnd ||
    attributes > 0 ||
    opened !== "" ||
    isKnown(name) ||
    (at === text.length && isBeginningOfKnown(name));
  return isTag ? tag(text.length, name, "unfinished") : { end: text.length };
}

const COMMENTS = [
  ["<!--", "-->"],
  ["<?", "?>"],
] as const;
const UNFINISHED_ATTRIBUTE = /[\w:.-]+\s*(?:=\s*(?:[^\s"'<>=/]*))?$/y;

/** Whether the text ends at this place, or within an attribute that begins here. */
function isUnfinished(text: string, at: number): boolean {
  return at === text.length || matchAt(UNFINISHED_ATTRIBUTE, text, at) !== "";
}

function isBeginningOfKnown(name: string): boolean {
  if (name.length < 2) return false;
  for (const known of KNOWN_TAGS) if (known.startsWith(name)) return true;
  return isCueName(name, false);
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09;
}

/** So many characters in front of a tag tell whether a space is needed behind it. */
const CONTEXT = 8;
/** Behind an opening bracket or quote, a dash, or a mark as wide as a Chinese letter, no space stands. */
const NO_SPACE_BEHIND = /[\s\p{Ps}\p{Pi}\p{Pd}\u3000-\u303f\uff00-\uffef]$/u;
const LAST_WORD = /[\p{L}\p{N}\p{M}][^\p{L}\p{N}\p{M}]*$/u;

/** Whether two words would become one. Scripts without spaces need no space here either. */
function needsSpace(before: string, right: string): boolean {
  if (before === "" || NO_SPACE_BEHIND.test(before) || !/[\p{L}\p{N}]/u.test(right)) return false;
  const letter = LAST_WORD.exec(before)?.[0] ?? "";
  return !hasUnspacedScript(letter + right);
}

/** The text after its leading markup; undefined while a tag may still be incomplete. */
export function skipLeadingMarkup(text: string): string | undefined {
  let at = matchAt(SPACE, text, 0).length;
  while (findOpening(text, at) === at) {
    const found = readTag(text, at);
    if (!("name" in found)) {
      // Text that was read to its end, such as "<b" or "<!", may still become a tag.
      const isRead = text.startsWith("<", at) && found.end === text.length;
      const mayGoOn =
        isRead ||
        mayBecomeCue(text.slice(at)) ||
        COMMENTS.some(([each]) => each.startsWith(text.slice(at)));
      return mayGoOn ? undefined : text.slice(at);
    }
    if (found.kind === "unfinished") return undefined;
    at = found.end;
    at += matchAt(SPACE, text, at).length;
  }
  return text.slice(at);
}

import { hasUnspacedScript } from "./segment-text.js";

/** Elements of SSML, and tags that a voice reads though they have neither attributes nor an end. */
const KNOWN_TAGS: ReadonlySet<string> = new Set(
  (
    "speak voice prosody emphasis break say-as phoneme sub audio mark lang lexicon lookup metadata " +
    "meta desc token w p s par seq media paragraph sentence br expr expression emotion sound speed " +
    "volume spell whisper soft loud slow fast"
  ).split(" "),
);

/** Tags at which a voice makes a pause, so what stands on both sides is no single word. */
const PAUSES: ReadonlySet<string> = new Set([
  "break",
  "br",
  "p",
  "s",
  "paragraph",
  "sentence",
  "audio",
]);

/** A longer tag is none: a stray "<" must not cost more than this. */
const LONGEST_TAG = 1024;

interface Tag {
  start: number;
  end: number;
  /** In lower case; empty for a comment or an instruction. */
  name: string;
  /**
   * - `certain`: an end tag, an empty tag, or one with attributes: nobody writes those as words.
   * - `bare`: `<name>`, which is a tag only where the name is known or an end tag follows.
   * - `unfinished`: the text ends inside of it.
   */
  kind: "certain" | "bare" | "unfinished";
  isEnd: boolean;
}

/**
 * A text without its markup: what a voice says. SSML and LiveKit's expressive markers are tags in
 * angle brackets; everything else, such as "3 < 5" or "[link](url)", stays. A tag that the end of the
 * text cuts off goes as well. Linear in the length of the text.
 */
export function withoutMarkup(text: string): string {
  if (!text.includes("<")) return text;
  const kept: string[] = [];
  /** The last character that was kept; looking it up in the whole would copy that each time. */
  let last = "";
  let from = 0;
  const keep = (part: string) => {
    if (part === "") return;
    kept.push(part);
    last = part.charAt(part.length - 1);
  };
  for (const { start, end, name } of findTags(text)) {
    keep(text.slice(from, start));
    from = end;
    // A tag that stood between two spaces leaves one.
    if (last === "" || /\s/.test(last)) while (isBlank(text.charCodeAt(from))) from += 1;
    else if (PAUSES.has(name) && needsSpace(last, text.charAt(from))) keep(" ");
  }
  keep(text.slice(from));
  return kept.join("");
}

function findTags(text: string): Tag[] {
  const tags: Tag[] = [];
  for (let at = text.indexOf("<"); at >= 0;) {
    const tag = readTag(text, at);
    if (tag !== undefined) tags.push(tag);
    at = text.indexOf("<", tag?.end ?? at + 1);
  }
  const ended = new Set(tags.filter(({ isEnd }) => isEnd).map(({ name }) => name));
  return tags.filter(
    ({ kind, name }) => kind !== "bare" || KNOWN_TAGS.has(name) || ended.has(name),
  );
}

const NAME = /[A-Za-z][\w:.-]*/y;
const SPACE = /\s*/y;
const ATTRIBUTE = /[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>=/]+)/y;

/** Reads the tag that begins at a "<"; undefined where none does. */
function readTag(text: string, start: number): Tag | undefined {
  const source = text.slice(start, start + LONGEST_TAG);
  const isCut = start + LONGEST_TAG >= text.length;
  const tag = (length: number, name: string, kind: Tag["kind"], isEnd = false): Tag => ({
    start,
    end: start + length,
    name,
    kind,
    isEnd,
  });
  for (const [opening, closing] of COMMENTS) {
    if (!source.startsWith(opening)) continue;
    const end = source.indexOf(closing, opening.length);
    if (end >= 0) return tag(end + closing.length, "", "certain");
    return isCut ? tag(source.length, "", "unfinished") : undefined;
  }
  const isEnd = source[1] === "/";
  let at = isEnd ? 2 : 1;
  const name = matchAt(NAME, source, at).toLowerCase();
  at += name.length;
  if (name === "")
    return isEnd && isCut && at === source.length ? tag(at, "", "unfinished") : undefined;
  let attributes = 0;
  for (;;) {
    const spaces = matchAt(SPACE, source, at).length;
    at += spaces;
    const attribute = spaces > 0 && !isEnd ? matchAt(ATTRIBUTE, source, at) : "";
    if (attribute === "") break;
    attributes += 1;
    at += attribute.length;
  }
  const isEmpty = source[at] === "/" && !isEnd;
  if (isEmpty) at += 1;
  if (source[at] === ">")
    return tag(at + 1, name, isEnd || isEmpty || attributes > 0 ? "certain" : "bare", isEnd);
  if (!isCut) return undefined;
  // The text ends here; "if x <s" need be no tag, "<break" and "<expr type" are.
  const rest = source.slice(at);
  const isCutHere = rest === "" || UNFINISHED_ATTRIBUTE.test(rest);
  const isTag =
    isEnd ||
    attributes > 0 ||
    KNOWN_TAGS.has(name) ||
    (at === source.length && isBeginningOfKnown(name));
  return isCutHere && isTag ? tag(source.length, name, "unfinished") : undefined;
}

const COMMENTS = [
  ["<!--", "-->"],
  ["<?", "?>"],
] as const;
const UNFINISHED_ATTRIBUTE = /^[\w:.-]+\s*(?:=\s*(?:"[^"]*|'[^']*|[^\s"'<>=/]*))?$/;

function isBeginningOfKnown(name: string): boolean {
  if (name.length < 2) return false;
  for (const known of KNOWN_TAGS) if (known.startsWith(name)) return true;
  return false;
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09;
}

/** Whether two words would become one. Scripts without spaces need none here either. */
function needsSpace(left: string, right: string): boolean {
  return /\S/.test(left) && /[\p{L}\p{N}]/u.test(right) && !hasUnspacedScript(left + right);
}

/** What follows the markup at a text's beginning; undefined while a tag may still be going on. */
export function skipLeadingMarkup(text: string): string | undefined {
  let rest = text.trimStart();
  while (rest.startsWith("<")) {
    const tag = readTag(rest, 0);
    if (tag === undefined) return rest.length > 1 ? rest : undefined;
    if (tag.kind === "unfinished") return undefined;
    rest = rest.slice(tag.end).trimStart();
  }
  return rest;
}

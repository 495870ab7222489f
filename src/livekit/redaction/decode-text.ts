/** A text whose encoded characters are decoded, with the place of each character in the text as it was. */
export interface DecodedText {
  text: string;
  /** Where the character of each code unit begins and ends. Undefined if nothing was encoded. */
  places: { starts: Uint32Array; ends: Uint32Array } | undefined;
}

/** Whoever encodes a text twice or three times is still understood. */
const MOST_PASSES = 4;
const MAY_BE_ENCODED = /%[0-9a-f]{2}|&#?\w{1,10};|\\[ux][0-9a-f]{2}/i;
/**
 * A character as URLs (`%20`, `%E2%80%91`), HTML and XML (`&#45;`, `&ndash;`) and JSON (`\u002d`) encode
 * it.
 */
const ENCODED =
  /%(?:[0-7][0-9A-F]|[CD][0-9A-F]%[89AB][0-9A-F]|E[0-9A-F](?:%[89AB][0-9A-F]){2}|F[0-7](?:%[89AB][0-9A-F]){3})|&(?:#\d{1,7}|#x[0-9A-F]{1,6}|[a-z]{2,7});|\\u[0-9A-F]{4}|\\x[0-9A-F]{2}/gi;

/** Names of HTML for the characters that people write between the digits of a number. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["nbsp", "\u00a0"],
  ["ensp", "\u2002"],
  ["emsp", "\u2003"],
  ["thinsp", "\u2009"],
  ["zwnj", "\u200c"],
  ["zwj", "\u200d"],
  ["shy", "\u00ad"],
  ["hyphen", "\u2010"],
  ["dash", "\u2010"],
  ["ndash", "\u2013"],
  ["mdash", "\u2014"],
  ["minus", "\u2212"],
  ["middot", "\u00b7"],
  ["bull", "\u2022"],
  ["period", "."],
  ["comma", ","],
  ["sol", "/"],
  ["bsol", "\\"],
  ["plus", "+"],
  ["num", "#"],
  ["percnt", "%"],
  ["lpar", "("],
  ["rpar", ")"],
  ["lowbar", "_"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** Decodes what is encoded in a text, also if it is encoded several times. Linear. */
export function decodeText(text: string): DecodedText {
  let decoded: DecodedText = { text, places: undefined };
  for (let pass = 0; pass < MOST_PASSES && MAY_BE_ENCODED.test(decoded.text); pass += 1) {
    const next = decodeOnce(decoded);
    if (next === undefined) break;
    decoded = next;
  }
  return decoded;
}

function decodeOnce({ text, places }: DecodedText): DecodedText | undefined {
  const parts: string[] = [];
  const [starts, ends] = [new Uint32Array(text.length), new Uint32Array(text.length)];
  let length = 0;
  let from = 0;
  const keep = (until: number): void => {
    for (let at = from; at < until; at += 1) {
      starts[length] = places?.starts[at] ?? at;
      ends[length] = places?.ends[at] ?? at + 1;
      length += 1;
    }
    parts.push(text.slice(from, until));
  };
  for (const { 0: encoded, index } of text.matchAll(ENCODED)) {
    const character = decodeCharacter(encoded);
    if (character === undefined) continue;
    keep(index);
    from = index + encoded.length;
    parts.push(character);
    for (let unit = 0; unit < character.length; unit += 1) {
      starts[length] = places?.starts[index] ?? index;
      ends[length] = places?.ends[from - 1] ?? from;
      length += 1;
    }
  }
  if (from === 0) return undefined;
  keep(text.length);
  return { text: parts.join(""), places: { starts, ends } };
}

/** The character that this encodes; undefined if there is none. */
function decodeCharacter(encoded: string): string | undefined {
  try {
    if (encoded.startsWith("%")) return decodeURIComponent(encoded);
    if (encoded.startsWith("\\")) return fromCode(parseInt(encoded.slice(2), 16));
    if (!encoded.startsWith("&#")) return NAMED.get(encoded.slice(1, -1).toLowerCase());
    return /^&#x/i.test(encoded)
      ? fromCode(parseInt(encoded.slice(3, -1), 16))
      : fromCode(parseInt(encoded.slice(2, -1), 10));
  } catch {
    // Such bytes are no character.
    return undefined;
  }
}

function fromCode(code: number): string | undefined {
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

import type { JsonValue } from "../../record/index.js";
import { decodeText } from "./decode-text.js";
import { readDigitRuns } from "./digit-runs.js";
import { findDigits } from "./numerals.js";
import { MASK, type PhoneNumbers, isNumber } from "./phone-numbers.js";

/** Parts of a key that name a telephone, wherever they are in the key. */
const TELEPHONE =
  /phone|mobile|msisdn|whatsapp|telefon|cellular|e164|viber|celular|telefono|telephone|rufnummer|handynummer|电话|電話|手机|手機|携帯|전화|телефон|فون|هاتف|फन/;
/** Whole words of a key that name a telephone: `cell_1` has one, `cancelled` has none. */
const TELEPHONE_WORDS: ReadonlySet<string> = new Set([
  "ani",
  "callee",
  "caller",
  "cell",
  "dnis",
  "fax",
  "landline",
  "sms",
  "tel",
]);
/**
 * A key names a telephone if it consists of these words alone: `called_number`, but not `called_at` or
 * `order_number`.
 */
const TELEPHONE_KEY_WORDS: ReadonlySet<string> = new Set([
  ...TELEPHONE_WORDS,
  "callback",
  "called",
  "contact",
  "destination",
  "dial",
  "dialed",
  "dialled",
  "from",
  "handy",
  "movil",
  "number",
  "recipient",
  "to",
]);
/** Keys whose value tells the kind of the value beside it. */
const NAMES_KIND = /^(?:type|kind|label|name|key|field|channel|medium|system)$/i;
/** Longer keys and names of a kind are not read. */
const LONGEST_KEY_CHARS = 64;
/** Longer metadata are cut, and every long number goes: their keys are not read, because that takes long. */
export const LONGEST_METADATA_CHARS = 65_536;
const CUT = "…";
/** The deepest nesting of lists and objects. A text that is itself JSON counts as one level. */
const DEEPEST = 32;
/** Longer texts are no telephone number: 15 digits with marks between them are shorter. */
const LONGEST_DIALLED_CHARS = 256;
/** A telephone number is written without letters, but for numerals such as `一`. */
const LETTER = /\p{L}/u;
/** The end of a key in front of its `=` or `:`. */
const KEY_END = /([\p{L}\p{N}_.-]{1,64})["']?\s{0,16}$/u;
const LONGEST_KEY_END_CHARS = 96;
const ASSIGNMENT = /[=:]/g;
/** The digits that people dial before the number of another country. */
const ABROAD = /^00/;

/**
 * Removes telephone numbers from the metadata of a dispatch. In JSON a key can tell that digits are a
 * telephone number (`{ "phone_number": "15105550100" }`) before anybody has called. The result is still
 * JSON.
 */
export function maskMetadata(text: string, numbers: PhoneNumbers): string {
  if (numbers.areKept) return text;
  return text.length > LONGEST_METADATA_CHARS
    ? numbers.maskName(text.slice(0, LONGEST_METADATA_CHARS)) + CUT
    : maskText(text, false, 0, numbers);
}

function maskText(
  text: string,
  isTelephone: boolean,
  depth: number,
  numbers: PhoneNumbers,
): string {
  const given = parseMetadata(text);
  if (given === undefined) return maskPlain(text, isTelephone || hasTelephoneKey(text), numbers);
  try {
    const masked = JSON.stringify(maskValue(given, isTelephone, depth + 1, numbers));
    // Metadata without a number stays as it was. If a key occurs twice, only its last value was
    // checked, so the JSON is written again without the first one.
    return masked === JSON.stringify(given) && !hasKeyTwice(text) ? text : masked;
  } catch {
    // The metadata is too deep to look at its keys, so every long number goes.
    return numbers.maskName(text);
  }
}

/** The objects and lists of JSON, also behind a byte order mark or in a JSON string; else undefined. */
function parseMetadata(text: string): JsonValue | undefined {
  if (!/^[\s\ufeff]*["[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text.replace(/^\ufeff/, "")) as JsonValue;
  } catch {
    return undefined;
  }
}

/**
 * Whether a text that is no JSON has a key that names a telephone: `phone=15105550100`, or
 * `"phone": "15105550100"`.
 */
function hasTelephoneKey(text: string): boolean {
  for (const { index } of text.matchAll(ASSIGNMENT)) {
    const before = text.slice(Math.max(index - LONGEST_KEY_END_CHARS, 0), index);
    if (isTelephoneName(KEY_END.exec(before)?.[1])) return true;
  }
  return false;
}

/** Whether an object of a JSON text has a key twice: a reader keeps the last one alone. Linear. */
function hasKeyTwice(json: string): boolean {
  /** The keys so far of each object that is open; undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  let latest = "";
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (character === "{") open.push(new Set());
    else if (character === "[") open.push(undefined);
    else if (character === "}" || character === "]") open.pop();
    else if (character === '"') {
      const end = findStringEnd(json, at);
      latest = json.slice(at, end);
      at = end - 1;
    } else if (character === ":") {
      const key = JSON.parse(latest) as string;
      const keys = open.at(-1);
      if (keys?.has(key) === true) return true;
      keys?.add(key);
    }
  }
  return false;
}

/** The end of a JSON string that begins at this quote. */
function findStringEnd(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return at + 1;
}

function maskPlain(text: string, isTelephone: boolean, numbers: PhoneNumbers): string {
  if (!isTelephone) return numbers.mask(text);
  // `tel:15105550100` or `Ann <15105550100>`: beside a telephone's key every long number goes.
  return isDialled(text) ? MASK : numbers.maskName(text);
}

function maskValue(
  value: JsonValue,
  isTelephone: boolean,
  depth: number,
  numbers: PhoneNumbers,
): JsonValue {
  if (depth > DEEPEST) throw new RangeError("the metadata is too deep");
  if (typeof value === "string") return maskText(value, isTelephone, depth, numbers);
  if (typeof value === "number") {
    const text = String(value);
    const masked = maskPlain(text, isTelephone, numbers);
    return masked === text ? value : masked;
  }
  if (Array.isArray(value))
    return value.map((each) => maskValue(each, isTelephone, depth + 1, numbers));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  // `{ "type": "mobile", "value": "15105550100" }`
  const isNamed =
    isTelephone || entries.some(([name, each]) => NAMES_KIND.test(name) && isTelephoneName(each));
  return Object.fromEntries(
    entries.map(([name, each]) => [
      isTelephone ? numbers.maskName(name) : numbers.mask(name),
      maskValue(each, isNamed || isTelephoneName(name), depth + 1, numbers),
    ]),
  );
}

/** Parts of words that name a telephone. A key in ASCII without any of them names none. */
const MAY_NAME_TELEPHONE =
  /phone|mobil|msisdn|whatsapp|tel|cel|e164|viber|rufnummer|handy|ani|call|dnis|fax|landline|sms|contact|destination|dial|from|movil|number|recipient|to/;
const NOT_IN_WORD = /[^a-z\d]+/g;
const ASCII = /^[ -~]*$/;

/** Whether a key, or the value that names a kind, names a telephone. */
function isTelephoneName(name: unknown): boolean {
  if (typeof name !== "string" || name.length > LONGEST_KEY_CHARS) return false;
  if (ASCII.test(name) && !MAY_NAME_TELEPHONE.test(name.toLowerCase().replace(NOT_IN_WORD, "")))
    return false;
  const words = name
    .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
    // Without accents: `téléphone`.
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "")
    // `cells` is more than one `cell`; `sms` stays, because it is in the list.
    .map((word) => (TELEPHONE_WORDS.has(word) ? word : word.replace(/s$/, "")));
  return (
    TELEPHONE.test(words.join("")) ||
    words.some((word) => TELEPHONE_WORDS.has(word)) ||
    (words.length > 0 && words.every((word) => TELEPHONE_KEY_WORDS.has(word)))
  );
}

function isDialled(text: string): boolean {
  if (text.length > LONGEST_DIALLED_CHARS) return false;
  const isSpelt = Array.from(decodeText(text).text).some(
    (character) => LETTER.test(character) && findDigits(character) === undefined,
  );
  if (isSpelt) return false;
  const digits = readDigitRuns(text)
    .map((run) => run.digits)
    .join("");
  return isNumber(digits) || isNumber(digits.replace(ABROAD, ""));
}

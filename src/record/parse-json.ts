import { boundDepth } from "./bound-depth.js";
import { RecordError } from "./errors.js";
import { findJsonFault } from "./json-fault.js";

const BYTE_ORDER_MARK = "\uFEFF";
/** The first characters of UTF-16 and UTF-32 when they are read as UTF-8. */
const UTF16 = /^\ufffd{0,2}\0*[[{"\s]\0/;
/** Every spelling of a `__proto__` key contains the word itself or an escaped character. */
const PERHAPS_PROTO = /__proto__|\\u00/;

/**
 * Parses JSON without its `__proto__` keys, and with a mark in place of values nested deeper than
 * `MAX_DEPTH`. `what` names the text in messages, e.g. `conversation "a.json"`.
 *
 * Throws a `RecordError`, with the place, if the text is no JSON.
 */
export function parseJson(text: string, what: string): unknown {
  const json = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  try {
    // A reviver cannot be used, because it calls itself for each level and the stack would overflow.
    return boundDepth(JSON.parse(json), { dropsProto: PERHAPS_PROTO.test(json) });
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new RecordError("NOT_JSON", `Cannot read ${what}: ${whyNotJson(text, json)}`, {
      path: "",
      cause,
    });
  }
}

function whyNotJson(text: string, json: string): string {
  if (json.trim() === "") return "the file is empty";
  if (UTF16.test(text))
    return 'it is UTF-16 and has to be UTF-8; convert it, e.g. with "iconv -f UTF-16 -t UTF-8"';
  const fault = findJsonFault(json) ?? json.length;
  const byte = Buffer.byteLength(text.slice(0, fault + text.length - json.length));
  return fault === json.length
    ? `not valid JSON, cut short at byte ${byte}`
    : `not valid JSON at byte ${byte}`;
}

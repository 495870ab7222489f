import { boundDepth } from "./bound-depth.js";
import { RecordError } from "./errors.js";
import { findJsonFault } from "./json-fault.js";

const BYTE_ORDER_MARK = "\uFEFF";
/** The first characters of UTF-16 and UTF-32 when they are read as UTF-8. */
const UTF16 = /^\ufffd{0,2}\0*[[{"\s]\0/;
/** Every spelling of a `__proto__` key contains the word itself or an escaped character. */
const PERHAPS_PROTO = /__proto__|\\u00/;

/**
 * Parses JSON without its `__proto__` keys, and with a mark for what lies deeper than `MAX_DEPTH`. `what` is how messages call it, e.g. `conversation "a.json"`.
 *
 * Throws a `RecordError` for what is no JSON, with the place.
 */
export function parseJson(text: string, what: string): unknown {
  const json = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  try {
    // Not by a reviver: that calls itself for each level, and the stack has an end.
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

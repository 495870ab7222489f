import type { JsonValue } from "../../record/index.js";
import { MASK, type PhoneNumbers } from "./phone-numbers.js";

/** Keys whose value is a telephone number, if it looks like one. */
const TELEPHONE_KEY =
  /phone|mobile|msisdn|(?:^|[^a-z])(?:tel|dial|caller|callee)(?:[_-]?(?:number|no|id))?$/i;
const DIALLED = /^\s*\+?\(?\d[\d\s().-]*$/;

/**
 * The metadata of a dispatch without telephone numbers. In JSON a key can tell that digits are one
 * (`{ "phone_number": "15105550100" }`) before anybody has called; it stays JSON.
 */
export function maskMetadata(text: string, numbers: PhoneNumbers): string {
  if (numbers.areKept) return text;
  try {
    const given = JSON.parse(text) as JsonValue;
    if (typeof given !== "object") return numbers.mask(text);
    const masked = JSON.stringify(maskValue(given, "", numbers));
    // What holds none stays as it was written.
    return masked === JSON.stringify(given) ? text : masked;
  } catch {
    return numbers.mask(text);
  }
}

function maskValue(value: JsonValue, key: string, numbers: PhoneNumbers): JsonValue {
  if (typeof value === "string" || typeof value === "number") {
    const text = String(value);
    const isNumber = TELEPHONE_KEY.test(key) && isDialled(text);
    const masked = isNumber ? MASK : numbers.mask(text);
    return masked === text ? value : masked;
  }
  if (Array.isArray(value)) return value.map((each) => maskValue(each, key, numbers));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      numbers.mask(name),
      maskValue(each, name, numbers),
    ]),
  );
}

/** A number that can be dialled from elsewhere has 7 to 15 digits. */
function isDialled(text: string): boolean {
  const { length } = text.replace(/\D/g, "");
  return DIALLED.test(text) && length >= 7 && length <= 15;
}

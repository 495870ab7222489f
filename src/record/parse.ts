import type { ErrorObject, ValidateFunction } from "ajv";
import { Ajv } from "ajv";
import type { Conversation } from "./conversation.js";
import { notAConversation, RecordError } from "./errors.js";
import { findJsonFault } from "./json-fault.js";
import { readPackageFile } from "./package-files.js";
import { upgrade } from "./upgrade.js";

const SCHEMA_FILE = "docs/conversation.schema.json";
const BYTE_ORDER_MARK = "\uFEFF";
/** How the first characters of UTF-16 and UTF-32 read where they are taken for UTF-8. */
const UTF16 = /^\ufffd{0,2}\0*[[{"\s]\0/;
/** Any spelling of a `__proto__` key has either the word itself or an escaped character in it. */
const PERHAPS_PROTO = /__proto__|\\u00/;

let validate: ValidateFunction<Conversation> | undefined;

/**
 * Reads the text of a conversation file of this format or an older one. `name` is how messages
 * call the file.
 *
 * Keys that the format does not know are kept: a later version may have added them. `__proto__`
 * keys are left out, wherever they are.
 *
 * Throws a `RecordError` when the text is no JSON, is no conversation, or has a format that this
 * version does not know.
 */
export function parseConversation(text: string, name: string): Conversation {
  try {
    const document = upgrade(parseJson(text, name), name);
    validate ??= compileSchema();
    if (validate(document)) return document;
    throw misfit(name, validate.errors ?? []);
  } catch (cause) {
    // JSON nested so deeply that a walk over it overflows the stack was not written by TalkTrace.
    if (!(cause instanceof RangeError)) throw cause;
    throw notAConversation(name, "", "it is nested too deeply", cause);
  }
}

function parseJson(text: string, name: string): unknown {
  const json = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  try {
    return PERHAPS_PROTO.test(json) ? JSON.parse(json, withoutProto) : JSON.parse(json);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new RecordError(
      "NOT_JSON",
      `Cannot read conversation "${name}": ${whyNotJson(text, json)}`,
      {
        path: "",
        cause,
      },
    );
  }
}

function withoutProto(key: string, value: unknown): unknown {
  return key === "__proto__" ? undefined : value;
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

function compileSchema(): ValidateFunction<Conversation> {
  return new Ajv({ strict: false }).compile<Conversation>(JSON.parse(readPackageFile(SCHEMA_FILE)));
}

function misfit(name: string, errors: readonly ErrorObject[]): RecordError {
  const error = errors[0];
  if (error === undefined) return notAConversation(name, "", "it does not fit the schema");
  const missing: unknown = error.params["missingProperty"];
  const at = typeof missing === "string" ? `${error.instancePath}/${missing}` : error.instancePath;
  return notAConversation(name, at, `"${at}" ${describe(error)}; ${SCHEMA_FILE} has the shape`);
}

function describe(error: ErrorObject): string {
  switch (error.keyword) {
    case "required":
      return "is missing";
    case "const":
      return `has to be ${JSON.stringify(error.params["allowedValue"])}`;
    case "enum":
      return `has to be one of ${JSON.stringify(error.params["allowedValues"])}`;
    case "type":
      return `has to be of type ${String(error.params["type"])}`;
    default:
      return error.message ?? "does not fit";
  }
}

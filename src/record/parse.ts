import type { ErrorObject, ValidateFunction } from "ajv";
import { compileSchema } from "./compile-schema.js";
import type { Conversation } from "./conversation.js";
import { type RecordError, notAConversation } from "./errors.js";
import { parseJson } from "./parse-json.js";
import { upgrade } from "./upgrade.js";

const SCHEMA_FILE = "docs/conversation.schema.json";

let validate: ValidateFunction<Conversation> | undefined;

/**
 * Reads the text of a conversation file of this format or an older one. `name` is the file's name in
 * messages.
 *
 * Unknown keys are kept, because a later version may have added them. `__proto__` keys are removed
 * everywhere. A value nested deeper than 500 levels becomes a text that says so.
 *
 * Throws a `RecordError` if the text is no JSON, is no conversation, or has an unknown format.
 */
export function parseConversation(text: string, name: string): Conversation {
  try {
    const document = upgrade(parseJson(text, `conversation "${name}"`), name);
    validate ??= compileSchema<Conversation>(SCHEMA_FILE);
    if (validate(document)) return document;
    throw misfit(name, validate.errors ?? []);
  } catch (cause) {
    // TalkTrace never writes JSON that is nested so deeply that reading it overflows the stack.
    if (!(cause instanceof RangeError)) throw cause;
    throw notAConversation(name, "", "it is nested too deeply", cause);
  }
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

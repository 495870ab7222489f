import {
  type MessageField,
  type MessageValueKind,
  MESSAGE_FIELDS,
} from "../../record/message-fields.js";
import type { OpenOperation, Operation } from "./operations.js";
import { inForm, isInForm } from "./timestamp-form.js";

/** A quick check of one key's value. It does not look at every part of the value. */
type Check = (value: unknown) => boolean;

interface Shape {
  required: readonly string[];
  checks: ReadonlyMap<string, Check>;
}

/** The part of a value that the record can take. */
export interface Checked<T> {
  /** The value without its invalid keys; `undefined` if a required key was invalid. */
  valid: T | undefined;
  /** The keys whose values cannot be read back, in order. */
  invalidKeys: readonly string[];
}

const isString: Check = (value) => typeof value === "string";
const isNumber: Check = Number.isFinite;
const isTrue: Check = (value) => value === true;
const isTimestamp: Check = (value) => typeof value === "string" && isInForm(value);
const isOneOf = (...names: readonly string[]): Check => {
  const known = new Set<unknown>(names);
  return (value) => known.has(value);
};
const hasOnly =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every((each) => each === undefined || check(each));
const isListOf =
  (shape: Shape): Check =>
  (value) =>
    Array.isArray(value) && value.every((each) => isWhole(each, shape));
const isA =
  (shape: Shape): Check =>
  (value) =>
    isWhole(value, shape);

const LATENCY = makeShape(["origin", "marks"], {
  origin: isString,
  marks: hasOnly(isNumber),
  e2e_s: isNumber,
});
const WORD = makeShape(["text", "at_s", "until_s"], {
  text: isString,
  at_s: isNumber,
  until_s: isNumber,
  heard: (value) => value === false,
});
const AUDIO = makeShape(["duration_s"], { duration_s: isNumber });
const PARTICIPANT = makeShape(["identity", "kind"], { identity: isString, kind: isString });
const USAGE = makeShape(["kind", "provider", "model"], {
  kind: isOneOf("llm", "stt", "tts"),
  provider: isString,
  model: isString,
});

const OF_MESSAGE = Object.fromEntries(
  Object.entries<MessageField>(MESSAGE_FIELDS).map(([key, { kind }]) => [key, checkOf(kind)]),
);
const OF_EVENT = {
  type: isString,
  timestamp: isTimestamp,
  turn_id: isString,
  span_id: isString,
  data: (value: unknown) => isObject(value),
  redacted: isTrue,
};
const IMPORTED_FROM = makeShape(["format", "file", "sha256"], {
  format: isString,
  file: isString,
  sha256: isString,
});
const OF_SESSION = {
  id: isString,
  started_at: isTimestamp,
  ended_at: isTimestamp,
  close_reason: isString,
  trace_id: isString,
  room: isString,
  room_id: isString,
  job: isString,
  agent: isString,
  agent_name: isString,
  dispatch_metadata: isString,
  participants: isListOf(PARTICIPANT),
  attributes: (value: unknown) => isObject(value),
  demo: isTrue,
  usage: isListOf(USAGE),
  software: hasOnly(isString),
  imported_from: isA(IMPORTED_FROM),
};

const REQUIRED = ["role", "content", "timestamp", "source", "id", "seq", "turn_id"];
const USER_MESSAGE = makeShape(REQUIRED, OF_MESSAGE);
const AGENT_MESSAGE = makeShape([...REQUIRED, "delivery"], OF_MESSAGE);
const MESSAGE_AMENDMENT = makeShape([], OF_MESSAGE);
const EVENT = makeShape(["type", "timestamp", "data"], OF_EVENT);
const SESSION = makeShape(["id", "started_at"], OF_SESSION);
const SESSION_AMENDMENT = makeShape([], OF_SESSION);
const SESSION_END = makeShape(["ended_at"], OF_SESSION);
const RETRACTION = makeShape(["reason"], {
  reason: isOneOf("discarded", "failed", "closed"),
  error: isString,
});
const COUNT = makeShape(["count"], { count: isNumber });

function checkOf(kind: MessageValueKind): Check {
  switch (kind) {
    case "text":
      return isString;
    case "number":
      return isNumber;
    case "true":
      return isTrue;
    case "timestamp":
      return isTimestamp;
    case "words":
      return isListOf(WORD);
    case "audio":
      return isA(AUDIO);
    case "latency":
      return isA(LATENCY);
    default:
      return isOneOf(...kind);
  }
}

/**
 * Checks which part of an operation a document can hold. A caller without types may pass anything, and
 * a single wrong value would make the whole conversation unreadable.
 */
export function checkOperation<O extends Operation | OpenOperation>(operation: O): Checked<O> {
  switch (operation.op) {
    case "open": {
      const { valid, invalidKeys } = checkValue(operation.session, SESSION);
      const session = valid && { ...valid, software: valid.software ?? {} };
      return { valid: session && { ...operation, session }, invalidKeys };
    }
    case "add": {
      const isAgents = isObject(operation.message) && operation.message.role === "agent";
      return within(operation, "message", isAgents ? AGENT_MESSAGE : USER_MESSAGE);
    }
    case "amend":
      return within(operation, "amendment", MESSAGE_AMENDMENT);
    case "event":
      return within(operation, "event", EVENT);
    case "session":
      return within(operation, "amendment", SESSION_AMENDMENT);
    case "close":
      return within(operation, "end", SESSION_END);
    case "retract":
      return checkValue(operation, RETRACTION);
    case "dropped":
    case "deferred":
      return checkValue(operation, COUNT);
    case "release":
    default:
      return { valid: operation, invalidKeys: [] };
  }
}

export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function within<O extends object>(operation: O, key: string, shape: Shape): Checked<O> {
  const value = (operation as O & { [key: string]: unknown })[key];
  const { valid, invalidKeys } = checkValue(value, shape);
  if (valid !== undefined && valid === value) return { valid: operation, invalidKeys };
  return {
    valid: valid === undefined ? undefined : { ...operation, [key]: valid },
    invalidKeys,
  };
}

/** Nothing is copied if all keys are valid, which is nearly always so. */
function checkValue<T>(value: T, { required, checks }: Shape): Checked<T> {
  if (!isObject(value)) return { valid: undefined, invalidKeys: required };
  const facts: { [key: string]: unknown } = value as T & { [key: string]: unknown };
  const invalidKeys: string[] = [];
  let mended: { [key: string]: unknown } | undefined;
  for (const key of Object.keys(facts)) {
    const check = checks.get(key);
    const fact = facts[key];
    if (check === undefined || fact === undefined || check(fact)) continue;
    mended ??= { ...facts };
    const timestamp = check === isTimestamp ? inForm(fact) : undefined;
    if (timestamp !== undefined) mended[key] = timestamp;
    else {
      delete mended[key];
      invalidKeys.push(key);
    }
  }
  const whole = mended ?? facts;
  if (hasAll(whole, required)) return { valid: whole as T, invalidKeys };
  return { valid: undefined, invalidKeys: required.filter((key) => whole[key] === undefined) };
}

/** Called for each word of a message, so it allocates nothing. */
function isWhole(value: unknown, { required, checks }: Shape): boolean {
  if (!isObject(value)) return false;
  const facts: { [key: string]: unknown } = value as { [key: string]: unknown };
  for (const key in facts) {
    const fact = facts[key];
    if (fact !== undefined && checks.get(key)?.(fact) === false) return false;
  }
  return hasAll(facts, required);
}

function hasAll(facts: { [key: string]: unknown }, keys: readonly string[]): boolean {
  for (const key of keys) if (facts[key] === undefined) return false;
  return true;
}

function makeShape(required: string[], checks: { [key: string]: Check }): Shape {
  return { required, checks: new Map(Object.entries(checks)) };
}

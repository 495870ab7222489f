import type { Attributes } from "@opentelemetry/api";
import {
  type PlainCarrier,
  type PlainKey,
  type PlainValues,
  listPlainFields,
} from "../../src/record/message-fields.js";
import type { AgentMessage, UserMessage } from "../../src/record/index.js";

const FIELDS = {
  user: listPlainFields("user"),
  agent: listPlainFields("agent"),
  playout: listPlainFields("playout"),
  amendment: listPlainFields("amendment"),
};

type Decoded<Carrier extends PlainCarrier> = Partial<
  Pick<UserMessage & AgentMessage, PlainKey<Carrier> & keyof (UserMessage & AgentMessage)>
>;

/**
 * Encodes values as attributes. Undefined values are left out, because OpenTelemetry would warn about
 * them.
 */
export function encodePlain<Carrier extends PlainCarrier>(
  carrier: Carrier,
  values: PlainValues<Carrier>,
): Attributes {
  const attributes: Attributes = {};
  const given: { [name: string]: unknown } = values;
  for (const { name, attribute } of FIELDS[carrier]) {
    const value = given[name];
    if (value !== undefined) attributes[attribute] = value as string | number | boolean;
  }
  return attributes;
}

/** Decodes attributes. A value of a wrong type is left out. */
export function decodePlain<Carrier extends PlainCarrier>(
  carrier: Carrier,
  attributes: Attributes,
): Decoded<Carrier> {
  const decoded: { [key: string]: unknown } = {};
  for (const { key, kind, attribute } of FIELDS[carrier]) {
    const value = attributes[attribute];
    if (value === undefined) continue;
    const isOfKind =
      kind === "number" || kind === "true" ? kind === kindOf(value) : typeof value === "string";
    if (isOfKind) decoded[key] = value;
  }
  return decoded as Decoded<Carrier>;
}

function kindOf(value: unknown): "number" | "true" | undefined {
  if (value === true) return "true";
  return typeof value === "number" ? "number" : undefined;
}

/**
 * Parses JSON, or returns undefined if it was cut. A provider may cut long attributes, and a message
 * without word times is better than none.
 */
export function parseUncut(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

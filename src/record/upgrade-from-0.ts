import type { Message, Session, Timestamp } from "./conversation.js";
import { notAConversation } from "./errors.js";
import { summarize } from "./figures/summarize.js";
import { parseTimestamp, toTimestamp } from "./timestamp.js";

/** The keys of a message in format 0. Other keys are passed on unchanged. */
interface Message0 {
  role: unknown;
  content: unknown;
  timestamp: Timestamp;
  source: unknown;
}

const ISO_TIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})?$/;
const FILE_TIME = /(\d{4})(\d{2})(\d{2})_(\d{2})(\d{2})(\d{2})/;

/**
 * Format 0 is a list of `{ role, content, timestamp, source }`, alone or as `conversation` in an
 * object. It did not tell what was heard of a reply, so every reply becomes `pending`. It had no
 * session, so the file's name becomes the session's id.
 */
export function upgradeFrom0(document: object, name: string): object {
  const { conversation: list, ...rest } = Array.isArray(document)
    ? { conversation: document as unknown[] }
    : (document as { conversation?: unknown });
  if (!Array.isArray(list)) {
    throw notAConversation(name, "/conversation", '"/conversation" has to be a list');
  }
  const prefix = Array.isArray(document) ? "" : "/conversation";
  const messages = list.map((entry: unknown, index) =>
    readMessage0(entry, `${prefix}/${index}`, name),
  );
  const conversation = withTurns(inTimeOrder(messages));
  const session: Session = {
    id: name.replace(/^.*[/\\]/, "").replace(/\.json$/i, ""),
    status: "complete",
    started_at: conversation[0]?.timestamp ?? timeInName(name),
    software: {},
  };
  return {
    ...rest,
    format: 1,
    conversation,
    unspoken: [],
    events: [],
    session,
    metrics: summarize({ conversation: conversation.map(withoutExtras), session }),
    integrity: { dropped: 0, damaged_lines: 0 },
  };
}

function readMessage0(entry: unknown, path: string, name: string): Message0 {
  if (typeof entry !== "object" || entry === null) {
    throw notAConversation(name, path, `"${path}" has to be an object`);
  }
  const message = entry as Message0;
  try {
    return { ...message, timestamp: normalizeTime(message.timestamp) };
  } catch (cause) {
    const found = JSON.stringify(message.timestamp) ?? "nothing";
    throw notAConversation(
      name,
      `${path}/timestamp`,
      `"${path}/timestamp" has to be a time as in ISO 8601, found ${found}`,
      cause,
    );
  }
}

/** Completes a time for format 1: six decimals, and an offset (this machine's, if there is none). */
function normalizeTime(text: unknown): Timestamp {
  const [, date, time, fraction = "", offset] = ISO_TIME.exec(String(text)) ?? [];
  const wall = `${date}T${time}`;
  const normalized = `${wall}.${fraction.padEnd(6, "0").slice(0, 6)}${
    offset?.replace("Z", "+00:00") ?? toTimestamp(Date.parse(wall)).slice(-6)
  }`;
  parseTimestamp(normalized);
  return normalized;
}

function inTimeOrder(messages: readonly Message0[]): (Message0 & { id: string; seq: number })[] {
  return messages
    .map((message, index) => ({ ...message, id: `m_${index + 1}`, seq: index + 1 }))
    .toSorted((a, b) => parseTimestamp(a.timestamp) - parseTimestamp(b.timestamp));
}

/** A turn begins when the user speaks after the agent. What the agent says first is a turn of its own. */
function withTurns(messages: ReturnType<typeof inTimeOrder>): Message[] {
  let turn = 0;
  let previousRole: unknown;
  return messages.map((message) => {
    if (turn === 0 || (message.role === "user" && previousRole !== "user")) turn += 1;
    previousRole = message.role;
    const delivery = message.role === "agent" ? { delivery: "pending" } : {};
    // Every upgrade is followed by validation, which checks what this cast claims.
    return { ...message, ...delivery, turn_id: `t_${turn}` } as Message;
  });
}

/** Removes keys that format 0 did not have, because `summarize()` would give them a meaning. */
function withoutExtras(message: Message): Message {
  const { role, timestamp, source, id, seq, turn_id } = message;
  // The content may still be any value. Without times, words make no figure.
  const content = "";
  return { role, content, timestamp, source, id, seq, turn_id, delivery: "pending" };
}

/** An empty conversation has only the time in its name, `conversation_20250818_143022.json`. */
function timeInName(name: string): Timestamp {
  const [, ...parts] = FILE_TIME.exec(name) ?? [];
  const [year, month, day, hour, minute, second] = parts;
  try {
    return normalizeTime(`${year}-${month}-${day}T${hour}:${minute}:${second}`);
  } catch {
    return toTimestamp(0, 0);
  }
}

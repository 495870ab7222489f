/**
 * What the tortured writers write: for each session a sequence of operations that follows from its
 * id alone. So the number of acknowledged operations tells what the file must say. The state is
 * computed here a second time, by other means than the store's own.
 */
const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.UTC(2025, 0, 1);
const MARKS = [
  "",
  " “quoted”",
  " \u2028\u2029",
  ' \\ " / \u0000',
  " 🚆",
  " नमस्ते",
  " \ud83d",
  " {},:[]",
];

/** A small number that is derived from a text. */
export function numberOf(text) {
  let hash = 2_166_136_261;
  for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0), 16_777_619);
  return hash >>> 0;
}

/** The operation `index` of a session with `length` of them: the first opens it, the last closes it. */
export function operationAt(sessionId, index, length) {
  const timestamp = timeOf(sessionId, index);
  if (index === 0)
    return { op: "open", session: { id: sessionId, started_at: timestamp, software: {} } };
  if (index === length - 1)
    return { op: "close", end: { ended_at: timestamp, close_reason: "done" } };
  switch (index % 8) {
    case 2:
    case 5:
    case 0:
      return { op: "add", message: agentMessage(sessionId, index, timestamp) };
    case 3:
      return {
        op: "amend",
        id: `${sessionId}.${index - 1}`,
        amendment: {
          delivery: "partial",
          generated: wordsOf(sessionId, index - 1),
          content: "cut",
        },
      };
    case 4:
      return { op: "event", event: { type: "torture", timestamp, data: { index } } };
    case 6:
      return { op: "retract", id: `${sessionId}.${index - 1}`, reason: "discarded" };
    case 7:
      return { op: "session", amendment: sessionAmendment(sessionId, index, timestamp) };
    default:
      return { op: "add", message: userMessage(sessionId, index, timestamp) };
  }
}

/** Hands one operation to a store. */
export function perform(store, sessionId, operation) {
  switch (operation.op) {
    case "open":
      return store.open(operation.session);
    case "add":
      return store.add(sessionId, operation.message);
    case "amend":
      return store.amend(sessionId, operation.id, operation.amendment);
    case "retract":
      return store.retract(sessionId, operation.id, operation.reason);
    case "event":
      return store.addEvent(sessionId, operation.event);
    case "session":
      return store.amendSession(sessionId, operation.amendment);
    default:
      return store.close(sessionId, operation.end);
  }
}

/** What a session's file must hold, as one text per number of operations from `from` to `to`. */
export function tellStates(sessionId, length, from, to) {
  const operations = numberedOperations(sessionId, length, to);
  const states = [];
  const record = { session: {}, conversation: [], unspoken: [], events: [] };
  for (let count = 0; count <= operations.length; count += 1) {
    if (count > 0) apply(record, operations[count - 1]);
    if (count >= from) states.push(canonical(record));
  }
  return states;
}

/** What it must hold after `count` operations of which those in `missing` were lost. */
export function tellStateWithout(sessionId, length, count, missing) {
  const record = { session: {}, conversation: [], unspoken: [], events: [] };
  for (const [index, operation] of numberedOperations(sessionId, length, count).entries()) {
    if (!missing.includes(index)) apply(record, operation);
  }
  return canonical(record);
}

function numberedOperations(sessionId, length, count) {
  let seq = 0;
  return Array.from({ length: Math.min(count, length) }, (_, index) => {
    const operation = operationAt(sessionId, index, length);
    if (operation.op === "add") operation.message.seq = seq += 1;
    return operation;
  });
}

function apply(record, operation) {
  const { conversation, unspoken, events } = record;
  switch (operation.op) {
    case "open":
      record.session = { ...operation.session };
      return;
    case "session":
      amendSession(record.session, operation.amendment);
      return;
    case "close":
      Object.assign(record.session, operation.end, { status: "complete" });
      return;
    case "add":
      conversation.push(operation.message);
      return;
    case "event":
      events.push(operation.event);
      return;
    default:
  }
  const at = conversation.findIndex(({ id }) => id === operation.id);
  if (at === -1) return;
  if (operation.op === "amend") Object.assign(conversation[at], operation.amendment);
  if (operation.op === "retract") {
    const [{ delivery: _delivery, ...message }] = conversation.splice(at, 1);
    unspoken.push({ ...message, reason: operation.reason });
  }
}

function amendSession(session, { room, participants, attributes }) {
  session.room = room;
  session.attributes = { ...session.attributes, ...attributes };
  const known = new Map((session.participants ?? []).map((each) => [each.identity, each]));
  for (const participant of participants) known.set(participant.identity, participant);
  session.participants = [...known.values()];
}

/**
 * The same text for the same record, whatever the order of its keys. Of the session it has what the
 * story says. It has the session's end only if that was recorded, because a recovery makes one up.
 */
export function canonical({ session, conversation, unspoken, events }) {
  const { id, started_at, room, participants, attributes, status } = session;
  const end =
    status === "complete"
      ? { ended_at: session.ended_at, close_reason: session.close_reason }
      : undefined;
  const told = { id, started_at, room, participants, attributes, end };
  return JSON.stringify([told, conversation, unspoken, events], (_key, value) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** Two callers take turns, so that one of them is replaced and the other is not. */
function sessionAmendment(sessionId, index, timestamp) {
  const identity = `caller ${index % 16 < 8 ? 1 : 2} of ${sessionId}`;
  return {
    room: `room ${index} of ${sessionId}`,
    participants: [
      { identity, kind: "standard", name: wordsOf(sessionId, index), joined_at: timestamp },
    ],
    attributes: { latest: index, [`step_${index}`]: wordsOf(sessionId, index) },
  };
}

function userMessage(sessionId, index, timestamp) {
  return {
    role: "user",
    content: wordsOf(sessionId, index),
    timestamp,
    source: "deepgram_stt",
    id: `${sessionId}.${index}`,
    turn_id: `${sessionId}.t${index}`,
  };
}

function agentMessage(sessionId, index, timestamp) {
  return {
    ...userMessage(sessionId, index, timestamp),
    role: "agent",
    source: "cartesia_tts",
    delivery: "pending",
  };
}

function wordsOf(sessionId, index) {
  const mark = MARKS[numberOf(`${sessionId}.${index}`) % MARKS.length];
  return `sentence ${index} of ${sessionId}: when does the next train to the coast leave?${mark}`;
}

/** Some of many sessions begin in the same second, so that they want the same name. */
function timeOf(sessionId, index) {
  const startMs = FIRST_DAY_MS + (numberOf(sessionId) % 300) * DAY_MS;
  const at = new Date(startMs + index * 10).toISOString();
  return at.replace("Z", "000+00:00");
}

import { createHash } from "node:crypto";
import {
  type Conversation,
  type Message,
  type Participant,
  readPackageVersion,
  readTimestamp,
  streamRecord,
} from "../record/index.js";
import {
  type ExportFormat,
  type ExportOptions,
  type TextKind,
  writeEach,
} from "./export-format.js";
import type { ExportedCall } from "./exported-call.js";
import { hasText, textOf } from "./message-text.js";
import { findSpeechTimes } from "./speech-times.js";
import type { Vcon, VconAnalysis, VconDialog, VconParty, VconPartyEvent } from "./vcon-types.js";

/** The `schema` of the analysis that is the whole record. */
export const RECORD_SCHEMA = "urn:talktrace:conversation";
const FINDINGS_SCHEMA = "urn:talktrace:findings";

export const vcon: ExportFormat = {
  name: "vcon",
  audience: "contact centres: IETF vCon core, draft 04, unsigned",
  kept: "everything: parties, a text dialog for each message, keys that were pressed, findings, and the whole record as an analysis, which is read back without loss",
  lost: "tags and notes, which stand beside the record. Telephone numbers are there only where the record keeps them",
  extension: "vcon",
  mediaType: "application/vcon",
  holdsMany: false,
  texts: ["heard", "generated", "both"],
  saysText: true,
  moment: undefined,
  write: writeEach(function* (call, options) {
    const { parties, dialog, analysis, ...head } = toVcon(call, options);
    yield `${JSON.stringify(head).slice(0, -1)},"parties":${JSON.stringify(parties)}`;
    yield `,"dialog":[`;
    for (const [at, item] of dialog.entries()) yield comma(at) + JSON.stringify(item);
    yield `],"analysis":[`;
    for (const [at, item] of analysis.entries()) {
      yield comma(at);
      yield* writeAnalysis(item, call.conversation);
    }
    yield "]}\n";
  }),
};

function comma(at: number): string {
  return at === 0 ? "" : ",";
}

/** The record is the largest part by far, so it is written message by message. */
function* writeAnalysis(analysis: VconAnalysis, record: Conversation): Generator<string> {
  const { body, ...rest } = analysis;
  if (body !== record) return yield JSON.stringify(analysis);
  yield `${JSON.stringify(rest).slice(0, -1)},"body":`;
  yield* streamRecord(record);
  yield "}";
}

/** Pure. */
export function toVcon(call: ExportedCall, { text, vconBody, now }: ExportOptions): Vcon {
  const { conversation, session } = call.conversation;
  const parties = new Parties(call);
  const dialog = conversation
    .filter((message) => hasText(message, text))
    .map((message) => toDialog(call, message, parties, text));
  const [first] = dialog;
  const history = listPartyEvents(call, parties);
  // The draft has these events on a dialog, and a call of messages has no dialog that spans all.
  if (first !== undefined && history.length > 0) first.party_history = history;
  const toAnalysis = (product: string, schema: string, body: unknown): VconAnalysis => ({
    type: "report",
    ...(dialog.length > 0 && { dialog: dialog.map((_, at) => at) }),
    mediatype: "application/json",
    vendor: "talktrace",
    product,
    schema,
    encoding: "json",
    body: vconBody === "string" ? JSON.stringify(body) : body,
  });
  const version = readPackageVersion();
  return {
    vcon: "0.4.0",
    uuid: makeUuid(call, text),
    created_at: now.toISOString(),
    ...(session.room !== undefined && { subject: session.room }),
    parties: parties.list,
    dialog,
    analysis: [
      toAnalysis(`findings ${version}`, `${FINDINGS_SCHEMA}:1#text=${text}`, call.findings),
      toAnalysis(
        `record ${version}`,
        `${RECORD_SCHEMA}:${call.conversation.format}`,
        call.conversation,
      ),
    ],
  };
}

/** The parties of a call: people in the room, or one caller; then each agent that spoke. */
class Parties {
  readonly list: VconParty[] = [];
  readonly #people = new Map<string, number>();
  readonly #agents = new Map<string, number>();

  constructor({ conversation }: ExportedCall) {
    const { participants = [], agent } = conversation.session;
    const people = participants.filter(({ kind }) => kind !== "agent");
    // The first party is the caller, so the one to whom the agent listened comes first.
    const inOrder = [
      ...people.filter(({ linked }) => linked === true),
      ...people.filter(({ linked }) => linked !== true),
    ];
    for (const person of inOrder) {
      this.#people.set(person.identity, this.list.length);
      this.list.push(toParty(person));
    }
    if (this.list.length === 0) this.list.push({ type: "person", name: "anonymous" });
    this.indexOfAgent(agent);
  }

  indexOfAgent(name = "agent"): number {
    const known = this.#agents.get(name);
    if (known !== undefined) return known;
    const index = this.list.length;
    this.#agents.set(name, index);
    this.list.push({ type: "bot", name });
    return index;
  }

  indexOfPerson(identity: string | undefined): number {
    return identity === undefined ? 0 : (this.#people.get(identity) ?? 0);
  }
}

function toParty({ name, identity, sip }: Participant): VconParty {
  const number = sip?.["sip.phoneNumber"];
  return {
    type: "person",
    name: name === undefined || name === "" ? identity : name,
    ...(number !== undefined && number !== "" && { tel: `tel:${number}` }),
  };
}

function toDialog(
  call: ExportedCall,
  message: Message,
  parties: Parties,
  kind: TextKind,
): VconDialog {
  const { text, unheard } = textOf(message, kind);
  const agent = parties.indexOfAgent(
    message.role === "agent"
      ? (message.agent ?? call.conversation.session.agent)
      : call.conversation.session.agent,
  );
  const times = findSpeechTimes(call, message);
  return {
    type: "text",
    start: message.started_at ?? message.timestamp,
    ...(times !== undefined && { duration: round(times.end_s - times.start_s) }),
    parties: message.role === "user" ? [0, agent] : [agent, 0],
    mediatype: "text/plain",
    encoding: "none",
    body: unheard === undefined ? text : `${text} [not heard: ${unheard}]`,
    application: "livekit",
    message_id: message.id,
  };
}

function round(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

/** Who joined and left, and the keys that a caller pressed, in order. */
function listPartyEvents({ conversation }: ExportedCall, parties: Parties): VconPartyEvent[] {
  const { session, events } = conversation;
  const moves = (session.participants ?? [])
    .filter(({ kind }) => kind !== "agent")
    .flatMap(({ identity, joined_at, left_at }): VconPartyEvent[] => {
      const party = parties.indexOfPerson(identity);
      return [
        ...(joined_at === undefined ? [] : [{ party, time: joined_at, event: "join" as const }]),
        ...(left_at === undefined ? [] : [{ party, time: left_at, event: "drop" as const }]),
      ];
    });
  const keys = events.flatMap(({ type, timestamp, data }): VconPartyEvent[] => {
    const button = data["digit"];
    if (type !== "dtmf" || typeof button !== "string") return [];
    const { participant } = data;
    const party = parties.indexOfPerson(typeof participant === "string" ? participant : undefined);
    return [{ party, time: timestamp, event: "keydown", button }];
  });
  return [...moves, ...keys].toSorted(
    (a, b) => (readTimestamp(a.time) ?? 0) - (readTimestamp(b.time) ?? 0),
  );
}

/**
 * A UUID of version 8: the session's start, then a hash. The same call in the same words has the same
 * one, so that a container which is sent twice is known.
 */
function makeUuid({ conversation }: ExportedCall, text: TextKind): string {
  const { session } = conversation;
  const startMs = Math.max(0, Math.floor(readTimestamp(session.started_at) ?? 0));
  const time = startMs.toString(16).padStart(12, "0").slice(-12);
  const hash = createHash("sha256")
    .update(`${session.id}\n${session.started_at}\n${text}`)
    .digest("hex");
  const variant = ((Number.parseInt(hash[3] ?? "0", 16) & 0x3) | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-8${hash.slice(0, 3)}-${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`;
}

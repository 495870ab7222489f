import { parseJson } from "../record/parse-json.js";
import { type Participant, RecordError, parseConversation } from "../record/index.js";
import { CallClock } from "./call-clock.js";
import { type DraftAgent, type DraftCall, type DraftUser, finishCall } from "./draft-call.js";
import {
  type Fields,
  asFields,
  durationAt,
  fieldsAt,
  listAt,
  momentAt,
  parseJsonText,
  present,
  textAt,
} from "./fields.js";
import type { ImportFormat, ImportedConversation, ImportOptions } from "./import-format.js";
import { isResponse, readSpeech } from "./deepgram.js";
import { HEARD, type Spoken, UnreadCount, idAt } from "./spoken.js";

const NAME = "vcon";
/** The `schema` of the analysis in which TalkTrace's own export has the whole record. */
const RECORD_SCHEMA = "urn:talktrace:conversation:";

type Role = "user" | "agent";

/** Conversations in the container of the IETF's vCon. */
export const vcon: ImportFormat = {
  name: NAME,
  origin:
    "the IETF's vCon (draft-ietf-vcon-vcon-core, to draft 04), TalkTrace's own and those of others",
  recognizedBy:
    "`parties` or `dialog` as lists, with `uuid` or `vcon`; of a signed one its `payload` and `signatures`",
  kept: "everything of TalkTrace's own export. Of others: text dialogs with their times, who joined and left, keys that were pressed, how a call ended that nobody took. Without text dialogs: the words of a recording, if an analysis is a response of Deepgram",
  missing:
    "of others: what was heard of a reply, tools, other analyses, recordings, attachments; telephone numbers and addresses are left out, and no signature is checked",
  fields:
    "`dialog[]`: `type`, `start` (RFC 3339), `duration` (s), `parties`, `originator`, `body` with `encoding`, `party_history`; `parties[]`: `name`, `type`, `role`. The agent is the party with the `type` `bot` or a `role` such as `agent`, or the one that `--channels` says in the order of the parties",
  describedIn: "draft-ietf-vcon-vcon-core-04 and its `vcon_json_schema.json`",
  recognizes: ({ kind, first }) =>
    kind !== "text" && first !== undefined && (isVcon(first) || isSealed(first)),
  async *read(content, options = {}) {
    for (const { value } of content.values()) {
      const fields = asFields(value);
      if (fields !== undefined && (isVcon(fields) || isSealed(fields)))
        yield readVcon(fields, content.name, options);
      else yield { format: NAME, problem: "a part of it is no vCon" };
    }
  },
};

function isVcon(fields: Fields): boolean {
  const isNamed = typeof fields["uuid"] === "string" || typeof fields["vcon"] === "string";
  return isNamed && (Array.isArray(fields["parties"]) || Array.isArray(fields["dialog"]));
}

/** A signed vCon is the payload of a JWS, and an encrypted one is a JWE. */
function isSealed(fields: Fields): boolean {
  if (typeof fields["ciphertext"] === "string")
    return Array.isArray(fields["recipients"]) && typeof fields["protected"] === "string";
  return (
    Array.isArray(fields["signatures"]) && asFields(openPayload(fields["payload"])) !== undefined
  );
}

function openPayload(payload: unknown): unknown {
  if (typeof payload !== "string") return undefined;
  try {
    return parseJson(Buffer.from(payload, "base64url").toString("utf8"), "it");
  } catch {
    return undefined;
  }
}

function readVcon(
  given: Fields,
  fileName: string,
  options: ImportOptions,
): ImportedConversation | { format: string; problem: string } {
  if (typeof given["ciphertext"] === "string")
    return { format: NAME, problem: "it is an encrypted vCon; decrypt it first" };
  const isSigned = !isVcon(given);
  const fields = isSigned ? (asFields(openPayload(given["payload"])) ?? {}) : given;
  if (!isVcon(fields))
    return { format: NAME, problem: "it is signed, and what was signed is no vCon" };
  const missing = isSigned ? ["whether its signature holds"] : [];
  const own = listAt(fields, "analysis").find(isOwnRecord);
  if (own !== undefined) return readOwnRecord(own, fileName, missing);
  const id = idAt(fields, "uuid");
  const draft = new VconReader(fields, id ?? fileName, options).read();
  return finishCall({
    ...draft,
    hasOwnId: id !== undefined,
    missing: [...draft.missing, ...missing],
  });
}

function isOwnRecord(analysis: Fields): boolean {
  const schema = textAt(analysis, "schema") ?? "";
  return analysis["vendor"] === "talktrace" && schema.startsWith(RECORD_SCHEMA);
}

function readOwnRecord(
  analysis: Fields,
  fileName: string,
  missing: readonly string[],
): ImportedConversation | { format: string; problem: string } {
  const body = bodyOf(analysis);
  const text = typeof body === "string" ? body : JSON.stringify(body ?? null);
  try {
    const conversation = parseConversation(text, fileName);
    if (conversation.session.status === "open")
      return { format: NAME, problem: "the call in it is not over; export it again when it is" };
    return { format: NAME, conversation, missing, hasOwnId: true };
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    const problem = error.message.replace(/^Cannot read conversation "[^]*?": /, "");
    return { format: NAME, problem: `the record in it cannot be read: ${problem}` };
  }
}

/** The content of a dialog or an analysis: a text, or a value of JSON. */
function bodyOf({ body, encoding }: Fields): unknown {
  if (encoding === "base64url" && typeof body === "string")
    return Buffer.from(body, "base64url").toString("utf8");
  return body;
}

const AGENT_ROLES = /^(?:agent|bot|assistant|ai)$/i;

interface Party {
  role: Role | undefined;
  name: string;
}

class VconReader {
  readonly #fields: Fields;
  readonly #id: string;
  readonly #parties: Party[];
  readonly #unread = new UnreadCount();
  readonly #clock: CallClock;
  readonly #events: NonNullable<DraftCall["events"]>[number][] = [];
  readonly #participants = new Map<number, Participant>();
  #endMs: number | undefined;
  #closeReason: string | undefined;
  #recordings = 0;
  #isRoleUnknown = false;
  readonly #channels: ImportOptions["channels"];

  constructor(fields: Fields, id: string, { channels }: ImportOptions) {
    this.#fields = fields;
    this.#id = id;
    this.#channels = channels;
    const list = fields["parties"];
    this.#parties = (Array.isArray(list) ? (list as unknown[]) : []).map((value, at) => {
      const party = asFields(value) ?? {};
      return {
        role: channels?.[at] ?? roleOf(party),
        name: textAt(party, "name") ?? `party ${at}`,
      };
    });
    const starts = listAt(fields, "dialog").flatMap(
      (dialog) => momentAt(dialog, "start", "s") ?? [],
    );
    this.#clock = new CallClock(
      starts.reduce<number | undefined>(
        (first, ms) => (first === undefined ? ms : Math.min(first, ms)),
        undefined,
      ),
    );
  }

  read(): DraftCall {
    const clock = this.#clock;
    const dialogs = this.#fields["dialog"];
    const spoken = (Array.isArray(dialogs) ? (dialogs as unknown[]) : []).flatMap(
      (dialog) => this.#readDialog(dialog) ?? [],
    );
    const transcripts = spoken.length > 0 ? [] : this.#readTranscripts();
    spoken.push(...transcripts.flatMap((said) => (typeof said === "string" ? [] : said)));
    const others = (key: string): number => listAt(this.#fields, key).length;
    const analyses = others("analysis") - transcripts.filter(Array.isArray).length;
    const participants = [...this.#participants.values()];
    return {
      format: NAME,
      isUndated: clock.isUndated,
      session: {
        id: this.#id,
        ...present("started_at", clock.timestampOf(clock.startMs)),
        ...present("ended_at", clock.isUndated ? undefined : clock.timestampOf(this.#endMs)),
        // An attempt beside a call that was taken is not how that call ended.
        ...(spoken.length === 0 && this.#recordings === 0
          ? present("close_reason", this.#closeReason)
          : {}),
        ...present("room", textAt(this.#fields, "subject")),
        ...(participants.length > 0 && { participants }),
      },
      messages: spoken.map(({ draft }) => draft),
      events: this.#events,
      missing: [
        ...(clock.isUndated ? ["the date of the call"] : []),
        ...(spoken.length === 0 ? ["words"] : ["which replies were cut off"]),
        ...(this.#isRoleUnknown ? ["who of the parties is the agent (--channels says it)"] : []),
        ...(this.#recordings > 0 ? ["recordings"] : []),
        ...transcripts.flatMap((said) =>
          typeof said === "string" ? [`a transcript: ${said}`] : [],
        ),
        ...(analyses > 0 ? [`analyses (${analyses})`] : []),
        ...(others("attachments") > 0 ? [`attachments (${others("attachments")})`] : []),
        ...(spoken.some(({ draft }) => draft.words !== undefined) ? [] : ["word times", "waits"]),
        "tools",
        ...this.#unread.describe(),
      ],
    };
  }

  /** What was said in recordings, as transcripts of Deepgram tell it; or why they do not. */
  #readTranscripts(): (Spoken[] | string)[] {
    const dialogs = listAt(this.#fields, "dialog");
    return listAt(this.#fields, "analysis").flatMap((analysis) => {
      const response = asFields(parseJsonText(bodyOf(analysis)));
      if (analysis["type"] !== "transcript" || response === undefined || !isResponse(response))
        return [];
      const of = analysis["dialog"];
      const index: unknown = Array.isArray(of) ? of[0] : of;
      const dialog = typeof index === "number" ? (dialogs[index] ?? {}) : {};
      const parties = dialog["parties"];
      // Each channel of a recording has the party at its place. Else `--channels` has to say it.
      const roles = (Array.isArray(parties) ? (parties as unknown[]) : []).map((party, at) =>
        typeof party === "number" ? this.#parties[party]?.role : this.#parties[at]?.role,
      );
      const hasChannels = listAt(fieldsAt(response, "results"), "channels").length > 1;
      const beganMs = momentAt(dialog, "start", "s") ?? this.#clock.startMs;
      const clock = this.#clock.forRecording(beganMs);
      return [
        readSpeech(
          response,
          this.#channels ?? (hasChannels ? roles : undefined),
          clock,
          this.#unread,
        ),
      ];
    });
  }

  #readDialog(value: unknown): Spoken | undefined {
    const dialog = asFields(value);
    if (dialog === undefined) {
      this.#unread.add(value === null ? "null" : typeof value);
      return undefined;
    }
    const startMs = momentAt(dialog, "start", "s");
    const durationS = durationAt(dialog, "duration");
    const endMs =
      startMs === undefined || durationS === undefined || durationS === 0
        ? undefined
        : startMs + durationS * 1000;
    if (startMs !== undefined) this.#endMs = Math.max(this.#endMs ?? 0, endMs ?? startMs);
    for (const entry of listAt(dialog, "party_history")) this.#readHistory(entry);
    const type = textAt(dialog, "type") ?? "no type";
    switch (type) {
      case "text":
        return this.#readText(dialog, startMs, endMs);
      case "recording":
      case "recording-set":
        this.#recordings += 1;
        return undefined;
      case "incomplete":
        this.#closeReason = textAt(dialog, "disposition") ?? this.#closeReason;
        return undefined;
      default:
        this.#unread.add(type);
        return undefined;
    }
  }

  #readText(
    dialog: Fields,
    startMs: number | undefined,
    endMs: number | undefined,
  ): Spoken | undefined {
    const kind = textAt(dialog, "mediatype") ?? textAt(dialog, "mimetype") ?? "text/plain";
    const body = bodyOf(dialog);
    const content = typeof body === "string" ? body.trim() : "";
    if (!/^text\/plain\b/i.test(kind) || content === "") {
      this.#unread.add(content === "" ? "text dialog without a text" : kind);
      return undefined;
    }
    const party = this.#parties[speakerOf(dialog) ?? -1];
    if (party?.role === undefined) this.#isRoleUnknown = true;
    const timestamp = this.#clock.timestampOf(startMs);
    const shared = {
      content,
      source: "unknown",
      ...present("timestamp", timestamp),
      ...(endMs !== undefined && {
        ...present("started_at", timestamp),
        ...present("ended_at", this.#clock.timestampOf(endMs)),
      }),
    };
    const draft: DraftUser | DraftAgent =
      party?.role === "agent"
        ? { role: "agent", ...HEARD, agent: party.name, ...shared }
        : { role: "user", ...(party !== undefined && { speaker: party.name }), ...shared };
    return { draft, startMs, endMs };
  }

  #readHistory(entry: Fields): void {
    const { event, party } = entry;
    const at = momentAt(entry, "time", "s");
    const timestamp = this.#clock.timestampOf(at);
    const known = typeof party === "number" ? this.#parties[party] : undefined;
    if (timestamp === undefined || known === undefined || typeof party !== "number")
      return this.#unread.add("entry of party_history");
    if (event === "join" || event === "drop") {
      if (known.role === "agent") return;
      const found = this.#participants.get(party);
      this.#participants.set(party, {
        ...(found ?? { identity: known.name, kind: "standard" }),
        ...(event === "join" ? { joined_at: timestamp } : { left_at: timestamp }),
      });
    } else if (event === "keydown") {
      const digit = textAt(entry, "button") ?? "";
      this.#events.push({ type: "dtmf", timestamp, data: { digit, participant: known.name } });
    } else if (typeof event === "string" && event !== "keyup") {
      this.#events.push({ type: event.slice(0, 40), timestamp, data: { participant: known.name } });
    }
  }
}

function roleOf(party: Fields): Role | undefined {
  if (party["type"] === "bot") return "agent";
  const role = textAt(party, "role");
  if (role === undefined) return party["type"] === "person" ? "user" : undefined;
  return AGENT_ROLES.test(role) ? "agent" : "user";
}

/** The index of the party that spoke: the originator, or the first of the list. */
function speakerOf({ originator, parties }: Fields): number | undefined {
  const first: unknown = Array.isArray(parties) ? parties[0] : parties;
  const index = originator ?? first;
  return typeof index === "number" ? index : undefined;
}

import type { voice } from "@livekit/agents";
import { reportSafely } from "../record/index.js";
import type { JsonObject } from "../record/json-data.js";
import { createGuard } from "./instrumentation/guard.js";
import { findRoom } from "./instrumentation/linked-participant.js";
import {
  type SessionStartOptions,
  followSessionMethods,
} from "./instrumentation/session-methods.js";
import { reportToAgent } from "./agent-log.js";
import { runningContextOf } from "./livekit-facts/active-span.js";
import { describeOtherCopy } from "./livekit-facts/livekit-copies.js";
import { describeLost, findLivekitParts } from "./livekit-facts/livekit-requirements.js";
import type { OnComplete } from "./on-complete.js";
import { type Recording, beginRecording } from "./recording.js";
import { createPhoneNumbers } from "./redaction/phone-numbers.js";
import type { EventUnderReview, MessageUnderReview } from "./redaction/review-decisions.js";
import { takeOwnData } from "./session/annotations.js";
import { hasMethods, isObject, valueAt } from "./livekit-facts/private-property.js";
import { startTelemetry } from "./telemetry.js";

/** The agent's own events: the data of each event type. */
export type OwnEvents = { [type: string]: JsonObject };

export interface ObserveOptions {
  /** The voice to record. Needed because most TTS plugins keep theirs private. */
  voice?: string;
  /** Attributes of the session, given by the agent's own code, e.g. `{ tenant: "north" }`. */
  attributes?: JsonObject;
  /**
   * The call has no real caller, e.g. in a demo or a test. The record says so, and `talktrace latency`
   * leaves it out. Default: false.
   */
  demo?: boolean;
  /**
   * Keeps telephone numbers. Otherwise these are masked: `sip.phoneNumber`, `sip.trunkPhoneNumber`, and
   * numbers within identities, room names and dispatch metadata. Default: false.
   */
  phoneNumbers?: boolean;
  /**
   * Reviews each message, whole, before it is written anywhere: file, journal, span or console. It is
   * called once for each text of a message (see `text`). Returns the text to write, the same or another
   * one, or null to write no such message. It must return at once, and no promise. If it fails, the
   * words are withheld.
   *
   * LiveKit's own spans carry the original words. With a review, TalkTrace spools and sends these spans
   * without words, unless `LIVEKIT_TELEMETRY_ALLOW_PII=1`. If you set up OpenTelemetry yourself, set
   * that variable to 0.
   */
  reviewMessage?: (message: MessageUnderReview) => string | null;
  /**
   * The same for events (tool calls with their arguments, `annotate()`, ...). Returns the data to
   * write.
   */
  reviewEvent?: (event: EventUnderReview) => JsonObject | null;
  /**
   * Called once after the session has ended and its file is complete: to upload the file, fill a
   * database, or call a webhook. `session.close()` and the shutdown of LiveKit's job wait for it, at
   * most 10 s. If it throws, rejects or takes longer, one line is reported and the file stays.
   *
   * It is not called if an exporter of your own writes the record, nor for a process that was killed.
   * In the latter case the next process that records here completes the file.
   */
  onComplete?: OnComplete;
  /** Gets one line for each kind of fault. Default: a warning of LiveKit's logger in a worker, else stderr. */
  reportProblem?: (line: string) => void;
}

/** The observation of one session. */
export interface Observation<Events extends OwnEvents = OwnEvents> {
  /** The `session.id` of the record; undefined until the session starts. */
  readonly sessionId: string | undefined;
  /** The trace of the conversation; undefined until the session starts. */
  readonly traceId: string | undefined;
  /**
   * The path of the record; undefined until the session starts, or if an exporter of your own writes
   * it.
   */
  readonly path: string | undefined;
  /**
   * Adds an event of the agent's own to the record, between the session's start and its close. Takes
   * JSON values of at most 16 KiB. Never throws; data that it cannot take are reported.
   */
  annotate<Type extends keyof Events & string>(type: Type, data?: Events[Type]): void;
  /** Adds to the session's attributes, at any time before its close. Same limits; never throws. */
  setAttributes(attributes: JsonObject): void;
}

const observed = new WeakMap<voice.AgentSession, Observation>();

/**
 * Records what a session hears and says. Call it once in your agent, before or after `session.start()`.
 * Before is better, because then speech that is under way at the start has its word times.
 *
 * - It does not throw, changes no package, and ends by itself when the session closes.
 * - A session that is started again after its close is a new conversation with the same options.
 * - A second call for the same session returns the first observation. One line says that its own
 *   options are not used.
 * - An argument that is no session is not recorded, and one line says so.
 */
export function observe<Events extends OwnEvents = OwnEvents>(
  session: voice.AgentSession,
  givenOptions: ObserveOptions = {},
): Observation<Events> {
  const options = copyOptions(givenOptions);
  const report = reportSafely(options.reportProblem ?? reportToAgent);
  if (!isObject(givenOptions))
    report(
      `Cannot use "${kindOf(givenOptions)}" as the options of observe(): expected an object; the defaults are used`,
    );
  const known = isObject(session) ? observed.get(session) : undefined;
  if (known !== undefined) {
    const unused = Object.keys(options).filter((name) => name !== "reportProblem");
    if (unused.length > 0)
      report(
        `This session is observed already: of the options of the second observe() none is used (${unused.join(", ")}); give them to the first`,
      );
    return known;
  }

  const guard = createGuard(report);
  const numbers = createPhoneNumbers(options.phoneNumbers === true);
  let recording: Recording | undefined;
  const own = takeOwnData(
    () => (recording?.isOpen() === true ? recording.conversation : undefined),
    options.attributes,
    report,
  );
  const observation: Observation = {
    get sessionId() {
      return recording?.sessionId;
    },
    get traceId() {
      return recording?.traceId;
    },
    get path() {
      return recording?.path();
    },
    annotate: own.annotate,
    setAttributes: own.setAttributes,
  };
  if (!isSession(session)) {
    report(
      `Cannot observe "${kindOf(session)}": expected an AgentSession, as in observe(session); nothing is recorded`,
    );
    return observation;
  }
  observed.set(session, observation);

  function begin(start: Partial<SessionStartOptions> = {}): Recording | undefined {
    guard.run("began to record", () => {
      if (recording?.isOpen() === true) return;
      recording = beginRecording(session, {
        voice: options.voice,
        report,
        guard,
        review: { message: options.reviewMessage, event: options.reviewEvent, report },
        numbers,
        attributes: own.beginSession(),
        isDemo: options.demo === true,
        room: start.room ?? findRoom(session),
        firstAgent: start.agent,
        onComplete: options.onComplete,
      });
    });
    return recording;
  }

  guard.run("looked at LiveKit", () => {
    const otherCopy = describeOtherCopy(session);
    if (otherCopy !== undefined) report(otherCopy);
    describeLost(findLivekitParts(session)).forEach(report);
  });
  guard.run("prepared to record", () => {
    startTelemetry({ reportProblem: report });
    followSessionMethods(session, guard, {
      owner: () => recording?.owner,
      onStart: (start) => begin(start)?.followStart(),
      onPrerecordedSpeech: (speech) => recording?.onPrerecordedSpeech(speech) ?? speech,
      onSpeechKeptFromChat: (speech) => recording?.onSpeechKeptFromChat(speech),
      onTurnCleared: () => recording?.onTurnCleared(),
      onClosing: () => recording?.onClosing(),
      // A caller who awaits `close()` may then read the file, or end the process.
      onClosed: async () => recording?.whenComplete(),
    });
  });
  const isRunning = guard.run("looked at a session", () => runningContextOf(session) !== undefined);
  if (isRunning === true) begin();
  return observation;
}

/** In JavaScript, options may be anything, and a getter may throw. */
function copyOptions(given: unknown): ObserveOptions {
  if (!isObject(given)) return {};
  const names = Object.keys(given).filter((name) => valueAt(given, name) !== undefined);
  return Object.fromEntries(names.map((name) => [name, valueAt(given, name)]));
}

/** Its methods tell, because an application may have another copy of LiveKit's package. */
function isSession(value: unknown): value is voice.AgentSession {
  return hasMethods(value, ["start", "say", "on"]);
}

function kindOf(value: unknown): string {
  if (!isObject(value)) return value === null ? "null" : typeof value;
  const name = valueAt(value, "constructor", "name");
  return typeof name === "string" ? name : "object";
}

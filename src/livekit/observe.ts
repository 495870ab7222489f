import type { voice } from "@livekit/agents";
import { atMost, flushRecords } from "../../otel/index.js";
import { reportSafely } from "../record/index.js";
import { type Guard, createGuard } from "./guard.js";
import { type Recording, beginRecording } from "./recording.js";
import { runningContextOf } from "./span-context.js";
import { startTelemetry } from "./telemetry.js";

export interface ObserveOptions {
  /** The voice that speaks, for the record; most TTS plugins keep theirs private. */
  voice?: string;
  /** Gets one line for each kind of fault. Default: stderr. */
  reportProblem?: (line: string) => void;
}

/** What one session's observation tells its caller. */
export interface Observation {
  /** The `session.id` of the record; undefined until the session starts. */
  readonly sessionId: string | undefined;
  /** The trace of the conversation; undefined until the session starts. */
  readonly traceId: string | undefined;
  /** The record's path; undefined until the session starts, or with an exporter of your own. */
  readonly path: string | undefined;
}

/** How long the end of a session waits for its file, whatever the disk does. */
const FILE_WAIT_MS = 1000;

const observed = new WeakMap<voice.AgentSession, Observation>();

/**
 * Records what a session hears and says: one line in your agent, before or after `session.start()`.
 * Before is better: then speech that is under way when the session starts has its word times.
 *
 * It does not throw, changes no package, and ends by itself when the session closes. A session that
 * is started again after it closed is a new conversation.
 */
export function observe(session: voice.AgentSession, options: ObserveOptions = {}): Observation {
  const known = observed.get(session);
  if (known !== undefined) return known;

  const report = reportSafely(options.reportProblem);
  const guard = createGuard(report);
  let recording: Recording | undefined;
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
  };
  observed.set(session, observation);

  function begin(): Recording | undefined {
    guard.run("began to record", () => {
      if (recording?.isOpen() === true) return;
      recording = beginRecording(session, { voice: options.voice, report, guard });
    });
    return recording;
  }

  guard.run("prepared to record", () => {
    startTelemetry({ reportProblem: report });
    followStart(session, guard, begin);
    followCalls(session, () => recording);
  });
  if (runningContextOf(session) !== undefined) begin();
  return observation;
}

/** Begins to record when the session starts, and ends when it cannot start. */
function followStart(
  session: voice.AgentSession,
  guard: Guard,
  begin: () => Recording | undefined,
): void {
  const start = session.start.bind(session);
  session.start = async (...args) => {
    const recording = begin();
    if (recording === undefined) return start(...args);
    try {
      await recording.runStart(() => start(...args));
    } catch (error) {
      // LiveKit emits no close for a session that never ran.
      guard.run("ended a recording", () => recording.close("error"));
      throw error;
    }
  };
}

/**
 * Calls that make the session speak may come from anywhere. Run as the session's own, what they use
 * of a model that sessions share is known to be this one's.
 */
function followCalls(session: voice.AgentSession, recording: () => Recording | undefined): void {
  function run<T>(work: () => T): T {
    const current = recording();
    return current === undefined ? work() : current.runCall(work);
  }
  const say = session.say.bind(session);
  session.say = (...args) => run(() => say(...args));
  const generateReply = session.generateReply.bind(session);
  session.generateReply = (...args) => run(() => generateReply(...args));
  const updateAgent = session.updateAgent.bind(session);
  session.updateAgent = (...args) => run(() => updateAgent(...args));

  const close = session.close.bind(session);
  session.close = async () => {
    const current = recording();
    current?.beginClosing();
    await close();
    // Whoever has waited for the end may read the file, or end the process.
    if (current !== undefined) await atMost(FILE_WAIT_MS, flushRecords());
  };
  const shutdown = session.shutdown.bind(session);
  session.shutdown = (...args) => {
    recording()?.beginClosing();
    shutdown(...args);
  };
}

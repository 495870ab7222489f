/**
 * Two calls whose lines go where `startTelemetry()` sends them, in a process of their own:
 *
 *     node log-calls.mjs worker|outside|terminal pretty|json
 *
 * `worker` has LiveKit's logger and runs in a job, `terminal` as well with a terminal for its output,
 * `outside` has neither a logger nor a job.
 */
import { initializeLogger, runWithJobContext } from "@livekit/agents";
import { startConversation } from "../../../dist/otel/index.js";
import { observe, startTelemetry } from "../../../dist/src/livekit/index.js";

const [where, directory] = process.argv.slice(2);
if (where !== "outside") initializeLogger({ pretty: false, level: "info" });
if (where === "terminal") process.stdout.isTTY = process.stderr.isTTY = true;
const inJob = (work) => (where === "outside" ? work() : runWithJobContext({}, work));

const DEEPGRAM = { source: "deepgram_stt", provider: "deepgram", model: "nova-3" };
const CARTESIA = { source: "cartesia_tts", provider: "cartesia", model: "sonic-3" };
const START = Date.now();

await inJob(async () => {
  // What is no session is a problem, which is told.
  observe("no session");
  const telemetry = startTelemetry({ directory });
  const begin = (id, room) =>
    startConversation(
      telemetry.tracer(),
      {
        id,
        room,
        started_at: new Date(START).toISOString().replace("Z", "000+00:00"),
        software: {},
      },
      id,
      START,
    );
  const first = begin("session-1", "room-one");
  first.transcript({
    ...DEEPGRAM,
    id: "m_1",
    turnId: "t_1",
    content: 'Where is "my" parcel?\nPlease.',
    timestampMs: START,
    startedMs: START,
    endedMs: START,
  });
  const second = begin("session-2", "room-two");
  for (const [spans, heard] of [
    [first, "It is on"],
    [second, undefined],
  ]) {
    const content = "It is on its way.";
    spans
      .startSynthesis(CARTESIA, START + 100)
      .end(
        { ...CARTESIA, id: "m_2", turnId: "t_1", content, timestampMs: START + 100, durationS: 2 },
        START + 200,
      );
    spans.startPlayout("m_2", START + 300).end(
      {
        messageId: "m_2",
        delivery: heard === undefined ? "full" : "partial",
        startedMs: START + 300,
        endedMs: START + 900,
        heardBy: "word_times",
        playedS: 0.6,
        ...(heard === undefined ? {} : { heard }),
        latency: {
          origin: "speech_end",
          marks: { speech_end: 0, playback_start: 1.1 },
          e2e_s: 1.1,
        },
      },
      START + 900,
    );
  }
  for (const spans of [first, second])
    spans.end({ endedMs: START + 1000, reason: "user_initiated" });
  await telemetry.shutdown();
});

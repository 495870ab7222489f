/**
 * Two calls whose lines go where `startTelemetry()` sends them, for each scene one after the other:
 *
 *     node log-calls.mjs with-logger|without-logger '[{ "where", "directory", "format" }, …]'
 *
 * `where` is `worker` (in a job), `terminal` (in a job, and the output is a terminal) or `outside`
 * (in no job); `format` is the scene's TALKTRACE_CONSOLE. A line on both outputs ends each scene. A
 * process has LiveKit's logger or has none, so the scenes of one process share that.
 */
import { initializeLogger, runWithJobContext } from "@livekit/agents";
import { startConversation } from "../../../dist/otel/index.js";
import { observe, startTelemetry } from "../../../dist/src/livekit/index.js";

const [logger, scenes] = process.argv.slice(2);
if (logger === "with-logger") initializeLogger({ pretty: false, level: "info" });

const DEEPGRAM = { source: "deepgram_stt", provider: "deepgram", model: "nova-3" };
const CARTESIA = { source: "cartesia_tts", provider: "cartesia", model: "sonic-3" };
const START = Date.now();

for (const { where, directory, format } of JSON.parse(scenes)) {
  process.stdout.isTTY = process.stderr.isTTY = where === "terminal";
  delete process.env.TALKTRACE_CONSOLE;
  if (format !== undefined) process.env.TALKTRACE_CONSOLE = format;
  if (where === "outside") await holdCalls(directory);
  else await runWithJobContext({}, () => holdCalls(directory));
  for (const output of [process.stdout, process.stderr]) output.write("== end of the scene\n");
}

async function holdCalls(directory) {
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
}

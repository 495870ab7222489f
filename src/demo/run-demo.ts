import { relative } from "node:path";
import { DEFAULT_VOICE } from "../agent/settings.js";
import { type Observation, observe, startTelemetry } from "../livekit/index.js";
import { readConversation } from "../store/index.js";
import { formatTurns } from "./format-turns.js";
import { holdConversation } from "./hold-conversation.js";

export interface DemoOptions {
  /** How many times faster than real time. */
  rate: number;
  /** Where conversations are written. */
  directory?: string;
  /** Where Jaeger takes spans (OTLP/HTTP); default: the standard `OTEL_*` variables. */
  otlpUrl?: string;
  /** Where Jaeger shows them. */
  jaegerUrl: string;
  /** Ends the call early and in order: the file is complete. */
  signal: AbortSignal;
  /** Where results go. */
  print: (text: string) => void;
  /** Where hints go. */
  hint: (text: string) => void;
}

/**
 * Holds the scripted call, records it as any agent would, and shows what came of it.
 *
 * @returns whether the call was held to its end
 */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  const { print, hint } = options;
  const telemetry = startTelemetry({
    env: {
      ...process.env,
      ...(options.otlpUrl === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: options.otlpUrl }),
    },
    ...(options.directory === undefined ? {} : { directory: options.directory }),
  });
  hint(`A call to a parcel desk, at ${options.rate} times real time. No keys, no network.`);

  let observation: Observation | undefined;
  try {
    const held = await holdConversation({
      rate: options.rate,
      signal: options.signal,
      onSession(session) {
        observation = observe(session, { voice: DEFAULT_VOICE });
      },
    });
    await telemetry.flush();
    if (observation?.path === undefined) return held.completed;

    const { conversation } = await readConversation(observation.path);
    print(`\n${formatTurns(conversation)}`);
    if (options.rate !== 1) {
      hint("Latencies mean something only at real time: the services wait as long as at --rate 1.");
    }
    print(`\nThe record   ${nameFile(observation.path)}`);
    const wasTraced = telemetry.forwarder?.state() === "up";
    if (wasTraced) print(`In Jaeger    ${options.jaegerUrl}/trace/${observation.traceId ?? ""}`);
    else
      hint("In Jaeger    nothing: start one with `docker compose up -d`, then run the demo again");
    return held.completed;
  } finally {
    await telemetry.shutdown();
  }
}

/** A path as people would type it here. */
function nameFile(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith("..") ? path : fromHere;
}

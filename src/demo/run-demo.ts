import { DEFAULT_VOICE } from "../agent/settings.js";
import { type Observation, observe, startTelemetry } from "../livekit/index.js";
import type { Conversation } from "../record/index.js";
import { readConversation } from "../store/index.js";
import { holdConversation } from "./hold-conversation.js";

export interface DemoOptions {
  /** How many times faster than real time. */
  rate: number;
  /** The folder of the conversations. */
  directory?: string;
  /** The endpoint of spans (OTLP/HTTP), e.g. Jaeger. Default: the standard `OTEL_*` variables. */
  otlpUrl?: string;
  /** Whether `[USER]` and `[AGENT]` lines are printed. Default: `TALKTRACE_CONSOLE`, else yes. */
  console?: boolean;
  /** Ends the call early, but in order, so that the file is complete. */
  signal: AbortSignal;
  /** Called with a line for people before the call begins. */
  hint: (text: string) => void;
}

/** The result of the call. */
export interface DemoResult {
  /** Whether the call was held to its end. */
  isComplete: boolean;
  /** Undefined if nothing was recorded. */
  record: { path: string; conversation: Conversation } | undefined;
  traceId: string | undefined;
  /** Whether an endpoint took the spans. */
  wasTraced: boolean;
}

/** Holds the scripted call and records it as any agent would. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const telemetry = startTelemetry({
    env: {
      ...process.env,
      ...(options.otlpUrl === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: options.otlpUrl }),
    },
    ...(options.directory === undefined ? {} : { directory: options.directory }),
    ...(options.console === undefined ? {} : { console: options.console }),
  });
  options.hint(`A call to a parcel desk, at ${options.rate} times real time. No keys, no network.`);

  let observation: Observation | undefined;
  try {
    const held = await holdConversation({
      rate: options.rate,
      signal: options.signal,
      onSession(session) {
        observation = observe(session, { voice: DEFAULT_VOICE, demo: true });
      },
    });
    await telemetry.flush();
    const path = observation?.path;
    return {
      isComplete: held.completed,
      record:
        path === undefined
          ? undefined
          : { path, conversation: (await readConversation(path)).conversation },
      traceId: observation?.traceId,
      wasTraced: telemetry.forwarder?.state() === "up",
    };
  } finally {
    await telemetry.shutdown();
  }
}

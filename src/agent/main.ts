import { existsSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  cli,
  defineAgent,
  inference,
  WorkerOptions,
  type JobContext,
  type JobProcess,
} from "@livekit/agents";
import { observe, startTelemetry } from "../livekit/index.js";
import { createAssistant } from "./assistant.js";
import { createModels } from "./models.js";
import { createSession } from "./session.js";
import { readSettings, SettingsError, type Settings } from "./settings.js";

if (existsSync(".env")) process.loadEnvFile(".env");
// It is called here and not in `entry`, because LiveKit begins its span of the whole job before
// `entry`.
startTelemetry();

const ownPath = fileURLToPath(import.meta.url);

/** Commands that take calls. Settings are checked first, because otherwise each call would fail. */
const TAKING_CALLS = ["dev", "start", "connect"];

/** LiveKit loads this file again in every process that takes a call. */
export default defineAgent({
  prewarm(process_: JobProcess) {
    process_.userData["vad"] = new inference.VAD({ model: "silero" });
  },
  async entry(context: JobContext) {
    const settings = readSettings(process.env);
    const models = createModels(settings);
    const session = createSession(models, { vad: context.proc.userData["vad"] as inference.VAD });
    // This line records the conversation; everything else here works without it.
    observe(session, { voice: settings.cartesia.voice });
    await session.start({ agent: createAssistant(), room: context.room });
  },
});

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === ownPath) runWorker();

function runWorker(): void {
  // "--help" and the like need no settings.
  const takesCalls = process.argv.slice(2).some((word) => TAKING_CALLS.includes(word));
  try {
    const worker = takesCalls ? describeWorker(readSettings(process.env)) : {};
    cli.runApp(new WorkerOptions({ agent: ownPath, ...worker }));
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}

function describeWorker(settings: Settings) {
  const { livekit, agentName = "", host, port, maxLoad, idleProcesses } = settings;
  const { url, apiKey, apiSecret } = livekit;
  return {
    wsURL: url,
    apiKey,
    apiSecret,
    agentName,
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    // The server also judges the load. So a worker that should take every call always reports no load.
    ...(maxLoad === 1 ? { loadFunc: async () => 0 } : {}),
    ...(maxLoad === undefined ? {} : { loadThreshold: maxLoad }),
    ...(idleProcesses === undefined ? {} : { numIdleProcesses: idleProcesses }),
  };
}

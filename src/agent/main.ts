import { existsSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cli, defineAgent, inference, WorkerOptions, type JobContext, type JobProcess } from "@livekit/agents";
import { createAssistant } from "./assistant.js";
import { createModels } from "./models.js";
import { createSession } from "./session.js";
import { readSettings, SettingsError, type Settings } from "./settings.js";

const ownPath = fileURLToPath(import.meta.url);

/** LiveKit loads this file again in every process that takes a call. */
export default defineAgent({
  prewarm(process_: JobProcess) {
    process_.userData["vad"] = new inference.VAD({ model: "silero" });
  },
  async entry(context: JobContext) {
    const models = createModels(readSettings(process.env));
    const session = createSession(models, { vad: context.proc.userData["vad"] as inference.VAD });
    await session.start({ agent: createAssistant(), room: context.room });
  },
});

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === ownPath) runWorker();

function runWorker(): void {
  if (existsSync(".env")) process.loadEnvFile(".env");
  // "--help" and the like need no settings.
  const takesCalls = process.argv.slice(2).some((word) => ["dev", "start", "connect"].includes(word));
  const settings = takesCalls ? readSettingsOrExit() : undefined;
  cli.runApp(
    new WorkerOptions({
      agent: ownPath,
      ...(settings === undefined
        ? {}
        : {
            wsURL: settings.livekit.url,
            apiKey: settings.livekit.apiKey,
            apiSecret: settings.livekit.apiSecret,
            agentName: settings.agentName ?? "",
          }),
    }),
  );
}

/** Before the worker starts, because afterwards each call would fail on its own. */
function readSettingsOrExit(): Settings {
  try {
    return readSettings(process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}

import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { StandIns } from "../../../src/demo/stand-ins/start-stand-ins.js";
import type { Conversation } from "../../../src/record/index.js";
import { readConversation } from "../../../src/store/index.js";
import { type Program, listGroup, startProgram } from "./program.js";
import { type Servers, findPorts } from "./servers.js";

const MAIN = path.resolve(import.meta.dirname, "../../../dist/src/agent/main.js");

/** The reference agent as `npm start` or `npm run dev` runs it. */
export interface Worker extends Program {
  /** Where its conversations go. */
  directory: string;
  /** Every conversation there that can be read, the oldest first. */
  conversations(): Promise<Conversation[]>;
  /** The messages that it logged so far. LiveKit logs JSON in production, a line a message. */
  messages(): string[];
  /** The processes that take calls, idle ones as well. */
  jobProcesses(): { pid: number; command: string }[];
}

export async function startWorker(options: {
  servers: Servers;
  standIns: StandIns;
  /** Default: a new one, which goes with the worker. */
  directory?: string;
  /**
   * `start` (default) keeps processes ready, and starts another one as soon as a call takes one. `dev`
   * starts a process for each call, so that none starts beside the sound of a call.
   */
  command?: "start" | "dev";
  env?: NodeJS.ProcessEnv;
}): Promise<Worker> {
  const { servers, standIns, command = "start" } = options;
  const directory = options.directory ?? mkdtempSync(path.join(tmpdir(), "talktrace-worker-"));
  const [port] = await findPorts(1);
  const program = await startProgram(process.execPath, [MAIN, command], {
    // So that no `.env` of the checkout is read.
    cwd: directory,
    env: {
      PATH: process.env["PATH"] ?? "",
      LIVEKIT_URL: servers.livekit.url,
      LIVEKIT_API_KEY: servers.livekit.apiKey,
      LIVEKIT_API_SECRET: servers.livekit.apiSecret,
      DEEPGRAM_URL: standIns.deepgramUrl,
      DEEPGRAM_API_KEY: standIns.apiKey,
      CARTESIA_URL: standIns.cartesiaUrl,
      CARTESIA_API_KEY: standIns.apiKey,
      LLM_BASE_URL: standIns.llmUrl,
      LLM_API_KEY: standIns.apiKey,
      OTEL_EXPORTER_OTLP_ENDPOINT: servers.jaeger.otlpUrl,
      TALKTRACE_DIRECTORY: directory,
      AGENT_HOST: "127.0.0.1",
      AGENT_PORT: String(port),
      // The machine that tests may be busy.
      AGENT_MAX_LOAD: "1",
      ...options.env,
    },
  });
  const stop = async (graceMs?: number) => {
    await program.stop(graceMs);
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
  };
  try {
    await program.line(/registered worker/);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...program,
    directory,
    messages: () => program.output().split("\n").map(messageOfLine),
    jobProcesses: () =>
      listGroup(program.pid).filter((job) => job.command.includes("job_proc_lazy_main")),
    async conversations() {
      if (!existsSync(directory)) return [];
      const names = readdirSync(directory).filter((name) => name.endsWith(".json"));
      const read = await Promise.all(
        names.toSorted().map((name) => readConversation(path.join(directory, name))),
      );
      return read.map(({ conversation }) => conversation);
    },
    stop,
  };
}

function messageOfLine(line: string): string {
  try {
    const { msg } = JSON.parse(line) as { msg?: unknown };
    return typeof msg === "string" ? msg : line;
  } catch {
    // A line of Node's own, or of a library that does not use LiveKit's logger.
    return line;
  }
}

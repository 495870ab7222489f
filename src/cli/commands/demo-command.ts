import { Command, InvalidArgumentError } from "commander";

/** 128 and the number of SIGINT: what a shell expects of a program that Ctrl-C ended. */
const INTERRUPTED_EXIT_CODE = 130;
const MAX_RATE = 16;

export function createDemoCommand(): Command {
  return new Command("demo")
    .description("Hold a call with stand-in speech services, record it and show the record.")
    .option("--rate <n>", `how many times faster than real time, 1 to ${MAX_RATE}`, parseRate, 1)
    .option("--directory <path>", "where the record goes (default: conversations)")
    .option("--jaeger <url>", "where Jaeger takes spans (default: http://localhost:4318)", parseUrl)
    .option("--jaeger-ui <url>", "where Jaeger shows them", parseUrl, "http://localhost:16686")
    .exitOverride()
    .action(
      async (options: { rate: number; directory?: string; jaeger?: string; jaegerUi: string }) => {
        const { runDemo } = await loadDemo();
        const interruption = new AbortController();
        const interrupt = () => {
          // A second one no longer waits for the file to be completed.
          if (interruption.signal.aborted) process.exit(INTERRUPTED_EXIT_CODE);
          process.stderr.write("\nEnding the call; Ctrl-C again to leave at once\n");
          interruption.abort();
        };
        process.on("SIGINT", interrupt);
        process.on("SIGTERM", interrupt);
        const isComplete = await runDemo({
          rate: options.rate,
          jaegerUrl: options.jaegerUi.replace(/\/+$/, ""),
          signal: interruption.signal,
          print: (text) => void process.stdout.write(`${text}\n`),
          hint: (text) => void process.stderr.write(`${text}\n`),
          ...(options.directory === undefined ? {} : { directory: options.directory }),
          ...(options.jaeger === undefined ? {} : { otlpUrl: options.jaeger }),
        });
        // All is written and closed; timers inside LiveKit would hold the process for seconds more.
        process.exit(isComplete ? 0 : INTERRUPTED_EXIT_CODE);
      },
    );
}

/** The plugins are needed by the demo alone, so an application that records may not have them. */
async function loadDemo(): Promise<typeof import("../../demo/run-demo.js")> {
  try {
    return await import("../../demo/run-demo.js");
  } catch (error) {
    const missing = /Cannot find package '(@livekit\/[^']+)'/.exec(String(error))?.[1];
    if (missing === undefined) throw error;
    throw new Error(
      `Cannot run the demo: the package "${missing}" is not installed; run ` +
        "npm install @livekit/agents @livekit/agents-plugin-deepgram @livekit/agents-plugin-cartesia @livekit/agents-plugin-openai",
      { cause: error },
    );
  }
}

function parseRate(given: string): number {
  const rate = Number(given);
  if (!(rate >= 1 && rate <= MAX_RATE))
    throw new InvalidArgumentError(`It must be a number from 1 to ${MAX_RATE}.`);
  return rate;
}

function parseUrl(given: string): string {
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
    throw new InvalidArgumentError("It must be an http or https URL, e.g. http://localhost:4318.");
  }
  return given;
}

import { InvalidArgumentError, Option } from "commander";
import type { DemoResult } from "../../demo/run-demo.js";
import { type MessageLine, viewMessages } from "../../insight/index.js";
import { fromHere } from "../../platform/absolute-path.js";
import { showUrl } from "../../platform/url-secrets.js";
import { defineCommand } from "../run-command.js";
import { formatTurns } from "../text/turns-table.js";

/** 128 plus the number of SIGINT, which shells expect of a program that Ctrl-C ended. */
const INTERRUPTED_EXIT_CODE = 130;
const MAX_RATE = 16;

interface DemoCommandOptions {
  rate: number;
  directory?: string;
  jaeger?: string;
  jaegerUi: string;
}

export interface DemoAnswer {
  /** Whether the call was held to its end. */
  isComplete: boolean;
  rate: number;
  /** The path of the record; undefined if nothing was recorded. */
  path: string | undefined;
  /** The address of the call in Jaeger; undefined if no endpoint took its spans. */
  traceUrl: string | undefined;
  turns: MessageLine[];
}

export const demoCommand = defineCommand<DemoCommandOptions, DemoAnswer>({
  options: [
    new Option("--rate <n>", `how many times faster than real time, 1 to ${MAX_RATE}`)
      .argParser(parseRate)
      .default(1),
    new Option("--directory <path>", "where the record goes (default: conversations)"),
    new Option(
      "--jaeger <url>",
      "where Jaeger takes spans (default: http://localhost:4318)",
    ).argParser(parseUrl),
    new Option("--jaeger-ui <url>", "where Jaeger shows them")
      .argParser(parseUrl)
      .default("http://localhost:16686"),
  ],
  readsSource: false,
  async answer(_source, options, run) {
    const { runDemo } = await loadDemo();
    const interruption = new AbortController();
    const interrupt = () => {
      // A second interruption does not wait for the file to be completed.
      if (interruption.signal.aborted) process.exit(INTERRUPTED_EXIT_CODE);
      run.report("");
      run.report("Ending the call; Ctrl-C again to leave at once");
      interruption.abort();
    };
    process.on("SIGINT", interrupt);
    process.on("SIGTERM", interrupt);
    const result = await runDemo({
      rate: options.rate,
      signal: interruption.signal,
      hint: run.report,
      // The lines of a call are no JSON.
      ...(run.isJson ? { console: false } : {}),
      ...(options.directory === undefined ? {} : { directory: options.directory }),
      ...(options.jaeger === undefined ? {} : { otlpUrl: options.jaeger }),
    });
    run.setExitCode(result.isComplete ? 0 : INTERRUPTED_EXIT_CODE);
    // Everything is written and closed, but LiveKit's timers would keep the process running for some
    // seconds.
    run.endProcess();
    return toAnswer(result, options);
  },
  toText({ path, traceUrl, turns }) {
    if (path === undefined) return "";
    return [
      "",
      formatTurns(turns),
      "",
      `The record   ${fromHere(path)}`,
      ...(traceUrl === undefined ? [] : [`In Jaeger    ${traceUrl}`]),
    ].join("\n");
  },
  toNotes({ path, traceUrl, rate }) {
    if (path === undefined) return [];
    return [
      ...(rate === 1
        ? []
        : [
            "Latencies mean something only at real time: the services wait as long as at --rate 1.",
          ]),
      ...(traceUrl === undefined
        ? ["In Jaeger    nothing: start one with `docker compose up -d`, then run the demo again"]
        : []),
    ];
  },
});

function toAnswer(
  { isComplete, record, traceId, wasTraced }: DemoResult,
  { rate, jaegerUi }: DemoCommandOptions,
): DemoAnswer {
  return {
    isComplete,
    rate,
    path: record?.path,
    traceUrl: wasTraced
      ? `${showUrl(jaegerUi).replace(/(?<!\/)\/+$/, "")}/trace/${traceId ?? ""}`
      : undefined,
    turns: record === undefined ? [] : viewMessages(record.conversation).map(({ line }) => line),
  };
}

/** Only the demo needs the plugins, so an application that records may not have them. */
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

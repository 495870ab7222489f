import { telemetry as livekitTelemetry } from "@livekit/agents";
import { type Tracer, trace } from "@opentelemetry/api";
import {
  ConversationExporter,
  type Forwarder,
  type OpenTelemetry,
  type PrintLine,
  TRACER_NAME,
  type TelemetrySettings,
  flushConversations,
  hasConversationExporter,
  hasTracerProvider,
  readTelemetrySettings,
  readYesOrNo,
  startOpenTelemetry,
  withoutTracing,
} from "../../otel/index.js";
import { reportSafely } from "../record/index.js";
import { type ConversationStore, openStore, recoverBesideCalls } from "../store/index.js";
import { messageOf } from "../platform/message-of.js";
import { createLinePrinter, reportToAgent } from "./agent-log.js";

export interface TelemetryOptions {
  /** Where conversations are written. Default: `TALKTRACE_DIRECTORY`, else `conversations`. */
  directory?: string;
  /** Whether a plain text log is kept beside each JSON file. Default: `TALKTRACE_TEXT_LOG`, else no. */
  textLog?: boolean;
  /** Whether lines about calls are printed, `[USER]` and `[AGENT]` among them. Default: `TALKTRACE_CONSOLE`, else yes. */
  console?: boolean;
  /** Default: `OTEL_SERVICE_NAME`, else `voice-agent`. */
  serviceName?: string;
  /** Gets one line for each thing that is wrong. Default: a warning of LiveKit's logger in a worker, else stderr. */
  reportProblem?: (line: string) => void;
  /** What the settings are read from. Default: `process.env`. */
  env?: NodeJS.ProcessEnv;
}

/** The telemetry of this process. */
export interface Telemetry {
  /** Undefined when the conversations are written by an exporter of the user's own. */
  store: ConversationStore | undefined;
  settings: TelemetrySettings;
  /** The tracer of TalkTrace's spans. */
  tracer(): Tracer;
  /** Undefined when nothing is forwarded, or by somebody else. */
  forwarder: Forwarder | undefined;
  /**
   * From now on LiveKit's spans, and any others that TalkTrace forwards, are spooled and sent without
   * what people said. `observe()` asks for it where it is given a review, unless
   * `LIVEKIT_TELEMETRY_ALLOW_PII` is set to allow it.
   */
  withholdContent(): void;
  /** Resolves when the records are on disk and the spans are sent, or after 2 s for the spans. */
  flush(): Promise<void>;
  /** As `flush()`, and ends it: nothing is recorded after this. */
  shutdown(): Promise<void>;
}

let current: Telemetry | undefined;

/**
 * Starts OpenTelemetry with TalkTrace's exporter, for this process and for LiveKit, so that one
 * trace holds LiveKit's spans and TalkTrace's. `observe()` calls it; call it yourself, at the top of
 * the agent's file, to have LiveKit's `job_entrypoint` span in the trace as well.
 *
 * Where OpenTelemetry is set up already it changes nothing there, and writes the record beside it. A
 * `ConversationExporter` that you have made writes the record instead.
 * It opens no file and does not throw; what cannot be used is reported in a line. A second call
 * gives what the first one made.
 */
export function startTelemetry(options: TelemetryOptions = {}): Telemetry {
  if (current !== undefined) return current;
  const report = reportSafely(options.reportProblem ?? reportToAgent);
  const settings = applyOptions(readTelemetrySettings(options.env ?? process.env, report), options);

  if (!settings.enabled) {
    report(
      "Nothing is recorded: OpenTelemetry is switched off by OTEL_SDK_DISABLED; unset it to record",
    );
  }
  if (!settings.enabled || hasConversationExporter()) current = leaveToOthers(settings);
  else {
    const recorder = prepareRecorder(settings, report);
    current = hasTracerProvider()
      ? recordBeside(settings, recorder)
      : startRecording(settings, options, recorder);
  }
  return current;
}

/** Opens what writes the record; each call of `open` gives another one. */
interface Recorder {
  open(): ConversationStore;
  printLine?: PrintLine;
  report: (line: string) => void;
}

function prepareRecorder(settings: TelemetrySettings, report: (line: string) => void): Recorder {
  return {
    open: () =>
      openStore({
        directory: settings.directory,
        textLog: settings.textLog,
        ...(settings.fileMode !== undefined && { fileMode: settings.fileMode }),
        onProblem: report,
      }),
    ...(settings.console && { printLine: createLinePrinter(settings.consoleFormat) }),
    report,
  };
}

/** An exporter of the user's own writes the record, or OpenTelemetry is switched off. */
function leaveToOthers(settings: TelemetrySettings): Telemetry {
  return {
    store: undefined,
    settings,
    tracer: () => trace.getTracer(TRACER_NAME),
    forwarder: undefined,
    withholdContent: () => undefined,
    flush: flushConversations,
    shutdown: endWith(flushConversations),
  };
}

/**
 * The record beside an OpenTelemetry that somebody else has set up, or that does not start. The spans
 * go where that sends them; the record needs nothing of it.
 */
function recordBeside(
  settings: TelemetrySettings,
  { open, printLine, report }: Recorder,
): Telemetry {
  const store = open();
  const exporter = new ConversationExporter({
    sink: store,
    reportProblem: report,
    ...(printLine && { printLine }),
  });
  return {
    store,
    settings,
    tracer: () => trace.getTracer(TRACER_NAME),
    forwarder: undefined,
    withholdContent: () => undefined,
    flush: flushConversations,
    shutdown: endWith(() => exporter.shutdown()),
  };
}

/** The record, and traces where those can be had. */
function startRecording(
  settings: TelemetrySettings,
  { env }: TelemetryOptions,
  recorder: Recorder,
): Telemetry {
  const { printLine, report } = recorder;
  // LiveKit adds its own processors later, through this one.
  const fanout = new livekitTelemetry.FanoutSpanProcessor();
  const isContentAllowed = readContentSetting(env ?? process.env);
  const store = recorder.open();
  let openTelemetry: OpenTelemetry;
  let started: OpenTelemetry | undefined;
  try {
    openTelemetry = started = startOpenTelemetry({
      settings,
      sink: store,
      spanProcessors: [fanout],
      reportProblem: report,
      ...(printLine && { printLine }),
    });
    livekitTelemetry.setTracerProvider(openTelemetry.provider, {
      registerSpanProcessor: (processor) => fanout.add(processor),
      // LiveKit reads its setting by rules of its own, and adds processors that send elsewhere.
      ...(isContentAllowed === false ? { allowPii: false } : {}),
    });
  } catch (error) {
    report(`No traces: ${messageOf(error)}. The record is not affected`);
    // Two exporters would write each conversation twice, so what was started ends with its store.
    void started?.shutdown();
    return recordBeside(settings, recorder);
  }

  // LiveKit takes content out of a span when it ends; what has begun is on disk before.
  if (isContentAllowed === false) openTelemetry.forwarder?.withholdContent();
  return {
    store,
    settings,
    // Not by the API's global, which may belong to another version of the API.
    tracer: () => openTelemetry.provider.getTracer(TRACER_NAME),
    forwarder: openTelemetry.forwarder,
    withholdContent() {
      if (isContentAllowed !== true) openTelemetry.forwarder?.withholdContent();
    },
    flush: flushConversations,
    shutdown: endWith(() => openTelemetry.shutdown()),
  };
}

/**
 * LiveKit's own setting of who may have what people said. LiveKit takes every word but `0`, `false`,
 * `no` and `off` for yes, also an empty one; here only a clear yes is one, because words that were
 * withheld by mistake can be had again, and words that went out by mistake cannot.
 */
function readContentSetting({ LIVEKIT_TELEMETRY_ALLOW_PII: given }: NodeJS.ProcessEnv) {
  return given === undefined ? undefined : readYesOrNo(given) === true;
}

/** Directories of which this process has finished what earlier ones left behind. */
const recovered = new Set<string>();

/**
 * Completes the conversations of processes that died, once a process. At a conversation's start, not
 * when the agent's file is loaded: LiveKit loads that in processes that never hold a call.
 */
export async function recoverOnce(
  { store }: Telemetry,
  report: (line: string) => void,
): Promise<void> {
  // The store's, because the process may have changed its working directory since.
  const directory = store?.directory;
  if (directory === undefined || recovered.has(directory)) return;
  recovered.add(directory);
  try {
    const reports = await withoutTracing(() =>
      recoverBesideCalls(directory, { onProblem: report }),
    );
    for (const { path, outcome } of reports) {
      if (outcome === "recovered")
        report(`Recovered "${path}": the process that wrote it had died`);
    }
  } catch (error) {
    report(`Cannot recover conversations in "${directory}": ${messageOf(error)}`);
  }
}

function applyOptions(settings: TelemetrySettings, options: TelemetryOptions): TelemetrySettings {
  return {
    ...settings,
    directory: options.directory ?? settings.directory,
    textLog: options.textLog ?? settings.textLog,
    console: options.console ?? settings.console,
    serviceName: options.serviceName ?? settings.serviceName,
  };
}

/** Ends the telemetry once, however often it is asked to. */
function endWith(shutdown: () => Promise<void>): () => Promise<void> {
  let ending: Promise<void> | undefined;
  return () => {
    ending ??= shutdown().finally(() => (current = undefined));
    return ending;
  };
}

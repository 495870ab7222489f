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
  reportUnknownVariables,
  readYesOrNo,
  startOpenTelemetry,
} from "../../otel/index.js";
import { reportSafely } from "../record/index.js";
import { type ConversationStore, openStore } from "../store/index.js";
import { messageOf } from "../platform/message-of.js";
import { createLinePrinter, reportToAgent } from "./agent-log.js";

export interface TelemetryOptions {
  /** The folder of the conversations. Default: `TALKTRACE_DIRECTORY`, else `conversations`. */
  directory?: string;
  /** Whether a plain text log is written beside each JSON file. Default: `TALKTRACE_TEXT_LOG`, else no. */
  textLog?: boolean;
  /** Whether lines about calls are printed, `[USER]` and `[AGENT]` among them. Default: `TALKTRACE_CONSOLE`, else yes. */
  console?: boolean;
  /** Default: `OTEL_SERVICE_NAME`, else `voice-agent`. */
  serviceName?: string;
  /** Gets one line for each thing that is wrong. Default: a warning of LiveKit's logger in a worker, else stderr. */
  reportProblem?: (line: string) => void;
  /** The environment to read settings from. Default: `process.env`. */
  env?: NodeJS.ProcessEnv;
}

/** The telemetry of this process. */
export interface Telemetry {
  /** Undefined if the user's own exporter writes the conversations. */
  store: ConversationStore | undefined;
  settings: TelemetrySettings;
  /** The tracer of TalkTrace's spans. */
  tracer(): Tracer;
  /** Undefined if TalkTrace forwards no spans. */
  forwarder: Forwarder | undefined;
  /**
   * From now on, LiveKit's spans and all others that TalkTrace forwards are spooled and sent without
   * people's words. `observe()` calls this for a session with a review, unless
   * `LIVEKIT_TELEMETRY_ALLOW_PII` allows the words.
   */
  withholdContent(): void;
  /** Resolves when the records are on disk and the spans are sent; for the spans after 2 s at most. */
  flush(): Promise<void>;
  /** Like `flush()`, and ends the telemetry. Nothing is recorded afterwards. */
  shutdown(): Promise<void>;
}

let current: Telemetry | undefined;

/**
 * Starts OpenTelemetry with TalkTrace's exporter for this process and for LiveKit, so that one trace
 * holds the spans of both. `observe()` calls it. Call it yourself at the top of the agent's file, if
 * the trace is to hold LiveKit's `job_entrypoint` span too.
 *
 * - If OpenTelemetry is set up already, it stays unchanged and the record is written beside it.
 * - If you made a `ConversationExporter`, that exporter writes the record.
 * - It opens no file and does not throw. An unusable setting is reported in a line.
 * - A second call returns the telemetry of the first one.
 */
export function startTelemetry(options: TelemetryOptions = {}): Telemetry {
  if (current !== undefined) return current;
  const report = reportSafely(options.reportProblem ?? reportToAgent);
  const env = options.env ?? process.env;
  const settings = applyOptions(readTelemetrySettings(env, report), options);
  reportUnknownVariables(env, report);

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

/** Opens the store that writes the record. Each call of `open` returns another one. */
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

/** The user's own exporter writes the record, or OpenTelemetry is switched off. */
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
 * Writes the record beside an OpenTelemetry that somebody else set up, or that does not start. The
 * spans go where that OpenTelemetry sends them. The record does not need it.
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

/** Writes the record, and traces if OpenTelemetry starts. */
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
      // LiveKit interprets this variable by other rules, and adds processors that send elsewhere.
      ...(isContentAllowed === false ? { allowPii: false } : {}),
    });
  } catch (error) {
    report(`No traces: ${messageOf(error)}. The record is not affected`);
    // Two exporters would write each conversation twice, so the started one ends with its store.
    void started?.shutdown();
    return recordBeside(settings, recorder);
  }

  // LiveKit removes content only when a span ends, but the spool has open spans before that.
  if (isContentAllowed === false) openTelemetry.forwarder?.withholdContent();
  return {
    store,
    settings,
    // The API's global provider is not used, because it may belong to another version of the API.
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
 * Reads LiveKit's own setting on who may get people's words. LiveKit reads every value as yes except
 * `0`, `false`, `no` and `off`, even an empty one. We need a clear yes: words withheld by mistake can
 * be had later, words sent by mistake cannot be taken back.
 */
function readContentSetting({ LIVEKIT_TELEMETRY_ALLOW_PII: given }: NodeJS.ProcessEnv) {
  return given === undefined ? undefined : readYesOrNo(given) === true;
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

/** Ends the telemetry once, however often it is called. */
function endWith(shutdown: () => Promise<void>): () => Promise<void> {
  let ending: Promise<void> | undefined;
  return () => {
    ending ??= shutdown().finally(() => (current = undefined));
    return ending;
  };
}

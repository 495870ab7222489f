import { describe, expect, it } from "vitest";
import { readTelemetrySettings } from "../../otel/index.js";

function read(env: NodeJS.ProcessEnv) {
  const problems: string[] = [];
  return { ...readTelemetrySettings(env, (problem) => problems.push(problem)), problems };
}

describe("readTelemetrySettings()", () => {
  it("needs nothing", () => {
    expect(read({})).toEqual({
      tracesUrl: "http://localhost:4318/v1/traces",
      isTracesAsked: false,
      tracesProtocol: "http/json",
      exportTimeoutMs: 2000,
      serviceName: "voice-agent",
      spanNames: "plain",
      enabled: true,
      directory: "conversations",
      spool: true,
      spoolDirectory: undefined,
      textLog: false,
      console: true,
      consoleFormat: "auto",
      problems: [],
    });
  });

  it("prints lines by LiveKit's logger or as they are, as TALKTRACE_CONSOLE says", () => {
    const console = (given: string): unknown[] => {
      const { console: isPrinted, consoleFormat, problems } = read({ TALKTRACE_CONSOLE: given });
      return [isPrinted, consoleFormat, problems.length];
    };
    expect(console("log")).toEqual([true, "log", 0]);
    expect(console("Plain")).toEqual([true, "plain", 0]);
    expect(console("off")).toEqual([false, "auto", 0]);
    expect(console("loud")).toEqual([true, "auto", 1]);
  });

  it("appends the path to the common endpoint and takes the signal's own as it is", () => {
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: "https://c.example/otlp/" }).tracesUrl).toBe(
      "https://c.example/otlp/v1/traces",
    );
    expect(read({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://c.example/t" }).tracesUrl).toBe(
      "https://c.example/t",
    );
  });

  it("keeps the query of the common endpoint behind the path", () => {
    const { tracesUrl, metrics } = read({ OTEL_EXPORTER_OTLP_ENDPOINT: "https://c.example/o?k=1" });
    expect(tracesUrl).toBe("https://c.example/o/v1/traces?k=1");
    expect(metrics).toMatchObject({ url: "https://c.example/o/v1/metrics?k=1" });
  });

  it("never repeats the key of an endpoint that cannot be used", () => {
    for (const endpoint of [
      "ftp://me:s3cret@c.example?key=s3cret",
      "http://me:s3cret@[bad?s3cret",
    ]) {
      for (const name of ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]) {
        const { problems, tracesUrl } = read({ [name]: endpoint });
        expect(tracesUrl).toBeUndefined();
        expect(problems).toHaveLength(1);
        expect(problems.join()).not.toContain("s3cret");
      }
    }
  });

  it("encodes as the signal's own protocol says, else as the common one", () => {
    const common = read({ OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf" });
    expect(common).toMatchObject({ tracesProtocol: "http/protobuf", problems: [] });
    const split = read({
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json",
      OTEL_METRICS_EXPORTER: "otlp",
    });
    expect(split).toMatchObject({
      tracesProtocol: "http/json",
      metrics: { protocol: "http/protobuf" },
      problems: [],
    });
  });

  it("says once that it does not speak gRPC, and what it speaks", () => {
    const settings = read({ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc", OTEL_METRICS_EXPORTER: "otlp" });
    expect(settings.tracesProtocol).toBe("http/json");
    expect(settings.problems).toEqual([
      'Cannot use OTEL_EXPORTER_OTLP_PROTOCOL "grpc": TalkTrace speaks "http/json" and ' +
        '"http/protobuf"; it sends http/json',
    ]);
  });

  it.each([
    ["service.name=Parcel%20desk%2C%20north,a=b", "Parcel desk, north"],
    ["a=b, service.name = Spaced%20name", "Spaced name"],
    ["a=b, service.name=plain ", "plain"],
    ["service.name=100%", "100%"],
    ["service.name=", "voice-agent"],
    ["other.service.name=x", "voice-agent"],
  ])("reads the service's name from the resource attributes %j", (attributes, name) => {
    expect(read({ OTEL_RESOURCE_ATTRIBUTES: attributes }).serviceName).toBe(name);
  });

  it("keeps no spans on disk when asked not to", () => {
    expect(read({ TALKTRACE_SPOOL: "0" }).spool).toBe(false);
  });

  it("takes a whole number of days that recordings are kept, and removes nothing for any other", () => {
    expect(read({}).keepDays).toBeUndefined();
    expect(read({ TALKTRACE_KEEP_DAYS: "30" }).keepDays).toBe(30);
    for (const given of ["0", "-1", "1.5", "a week", "1e9"]) {
      const { keepDays, problems } = read({ TALKTRACE_KEEP_DAYS: given });
      expect(keepDays).toBeUndefined();
      expect(problems).toEqual([
        `Cannot use TALKTRACE_KEEP_DAYS "${given}": expected a whole number of days from 1; nothing is removed`,
      ]);
    }
  });

  it("tells of a spool setting that is no switch", () => {
    const odd = read({ TALKTRACE_SPOOL: "sometimes" });
    expect(odd.spool).toBe(true);
    expect(odd.problems).toEqual(['Cannot use TALKTRACE_SPOOL "sometimes": expected "1" or "0"']);
  });

  it("forwards nothing when asked not to", () => {
    expect(read({ OTEL_TRACES_EXPORTER: "none" }).tracesUrl).toBeUndefined();
  });

  it("sends metrics where somebody said so, and to a common endpoint that was set", () => {
    const metrics = { protocol: "http/json", exportTimeoutMs: 2000, intervalMs: 60_000 };
    const common = { OTEL_EXPORTER_OTLP_ENDPOINT: "https://c.example/" };
    expect(read({}).metrics).toBeUndefined();
    expect(read(common).metrics).toEqual({
      ...metrics,
      url: "https://c.example/v1/metrics",
      isAsked: false,
    });
    expect(read({ ...common, OTEL_METRICS_EXPORTER: "otlp" }).metrics).toMatchObject({
      isAsked: true,
    });
    expect(read({ ...common, OTEL_METRICS_EXPORTER: "none" }).metrics).toBeUndefined();
    expect(read({ OTEL_METRICS_EXPORTER: "prometheus" }).metrics).toBe("sdk");
    expect(
      read({
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "https://m.example/in",
        OTEL_METRIC_EXPORT_INTERVAL: "5000",
        OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: "700",
      }).metrics,
    ).toEqual({
      url: "https://m.example/in",
      protocol: "http/json",
      isAsked: true,
      exportTimeoutMs: 700,
      intervalMs: 5000,
    });
  });

  it("takes the service's name from either variable", () => {
    expect(read({ OTEL_SERVICE_NAME: "desk" }).serviceName).toBe("desk");
    expect(read({ OTEL_RESOURCE_ATTRIBUTES: "a=b, service.name=desk ,c=d" }).serviceName).toBe(
      "desk",
    );
  });

  it("names spans plainly unless asked for the words", () => {
    expect(read({ TALKTRACE_SPAN_NAMES: "Words" }).spanNames).toBe("words");
    expect(read({ TALKTRACE_SPAN_NAMES: "all" })).toMatchObject({
      spanNames: "plain",
      problems: ['Cannot use TALKTRACE_SPAN_NAMES "all": expected "plain" or "words"'],
    });
  });

  it("knows when the SDK is switched off", () => {
    expect(read({ OTEL_SDK_DISABLED: "TRUE" }).enabled).toBe(false);
  });

  it("says what cannot be used, and goes on with what can", () => {
    const settings = read({
      OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4318",
      OTEL_EXPORTER_OTLP_TIMEOUT: "soon",
      OTEL_TRACES_EXPORTER: "console",
      TALKTRACE_TEXT_LOG: "perhaps",
    });
    expect(settings).toMatchObject({ tracesUrl: undefined, exportTimeoutMs: 2000, textLog: false });
    expect(settings.problems).toHaveLength(4);
    expect(settings.problems[0]).toContain('Cannot use OTEL_TRACES_EXPORTER "console"');
    expect(settings.problems[1]).toContain(
      'Cannot use OTEL_EXPORTER_OTLP_ENDPOINT "localhost:4318"',
    );
  });

  it("counts an empty variable as not set", () => {
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: " ", TALKTRACE_DIRECTORY: "" })).toMatchObject({
      tracesUrl: "http://localhost:4318/v1/traces",
      directory: "conversations",
      problems: [],
    });
  });
});

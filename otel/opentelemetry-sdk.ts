import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { type TracerProvider, metrics } from "@opentelemetry/api";
import {
  type Resource,
  defaultResource,
  detectResources,
  envDetector,
  processDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import { type MetricReader, MeterProvider } from "@opentelemetry/sdk-metrics";
import type { SpanProcessor } from "@opentelemetry/sdk-trace-base";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { ATTR_SERVICE_NAME } from "@opentelemetry/semantic-conventions";
import { loadOptionalPackage } from "../src/platform/load-package.js";
import type { TelemetrySettings } from "./settings.js";

/** An OpenTelemetry SDK, before and after its start. */
export interface OpenTelemetrySdk {
  /** Registers the SDK's providers, its context manager and its propagator with the API. */
  start(): void;
  shutdown(): Promise<void>;
  /** The SDK's own provider, not the API's proxy. Undefined before the start. */
  tracerProvider(): TracerProvider | undefined;
  /** Undefined before the start, and if no metrics are wanted. */
  meterProvider(): MeterProvider | undefined;
}

export interface SdkOptions {
  settings: TelemetrySettings;
  spanProcessors: SpanProcessor[];
  metricReader: MetricReader | undefined;
  report(line: string): void;
  /** The environment from which the OpenTelemetry variables are read, as by the SDK's own code. */
  env?: NodeJS.ProcessEnv;
  /** Finds the Node SDK. Default: loads it if it is installed. */
  loadNodeSdk?: () => NodeSdkModule | undefined;
}

/** The used part of `@opentelemetry/sdk-node`, which need not be installed. */
export interface NodeSdkModule {
  NodeSDK: new (configuration: object) => { start(): void; shutdown(): Promise<void> };
}

const NODE_SDK = "@opentelemetry/sdk-node";

/**
 * Makes the OpenTelemetry Node SDK if `@opentelemetry/sdk-node` is installed. Otherwise makes the SDK
 * for traces and metrics that LiveKit depends on. Both get the same resource, processors and metric
 * reader, and read `OTEL_TRACES_SAMPLER` and the span limits themselves. If the Node SDK is not
 * installed, a line names the set variables that only it reads.
 */
export function createOpenTelemetrySdk(options: SdkOptions): OpenTelemetrySdk {
  const { loadNodeSdk = () => loadOptionalPackage(NODE_SDK) as NodeSdkModule | undefined } =
    options;
  const installed = loadNodeSdk();
  const resource = describeProcess(options.settings.serviceName);
  if (installed !== undefined) return createNodeSdk(installed, resource, options);
  const unread = listNodeSdkVariables(options);
  if (unread.length > 0)
    options.report(
      `${unread.join(", ")} cannot be used: only the OpenTelemetry Node SDK reads ${unread.length === 1 ? "it" : "them"}; install it with \`npm install ${NODE_SDK}\``,
    );
  return createTraceSdk(resource, options);
}

function createNodeSdk(
  { NodeSDK }: NodeSdkModule,
  resource: Resource,
  { settings, spanProcessors, metricReader, env = process.env }: SdkOptions,
): OpenTelemetrySdk {
  const sdk = new NodeSDK({
    resource,
    // The resource is complete. An asynchronous detector would delay each forwarded span.
    autoDetectResources: false,
    spanProcessors,
    ...(settings.metrics === "sdk"
      ? {}
      : { metricReaders: metricReader === undefined ? [] : [metricReader] }),
    ...(env["OTEL_LOGS_EXPORTER"] ? {} : { logRecordProcessors: [] }),
  });
  return {
    start: () => sdk.start(),
    shutdown: () => sdk.shutdown(),
    // The SDK makes these public only by the API's global, which may belong to another version.
    tracerProvider: () => Reflect.get(sdk, "_tracerProvider") as TracerProvider | undefined,
    meterProvider: () => Reflect.get(sdk, "_meterProvider") as MeterProvider | undefined,
  };
}

/** Made from the packages on which LiveKit depends too. */
function createTraceSdk(
  resource: Resource,
  { spanProcessors, metricReader }: SdkOptions,
): OpenTelemetrySdk {
  let tracerProvider: NodeTracerProvider | undefined;
  let meterProvider: MeterProvider | undefined;
  return {
    start() {
      if (metricReader !== undefined) {
        meterProvider = new MeterProvider({ resource, readers: [metricReader] });
        metrics.setGlobalMeterProvider(meterProvider);
      }
      tracerProvider = new NodeTracerProvider({ resource, spanProcessors });
      tracerProvider.register();
    },
    async shutdown() {
      await Promise.all([tracerProvider?.shutdown(), meterProvider?.shutdown()]);
    },
    tracerProvider: () => tracerProvider,
    meterProvider: () => meterProvider,
  };
}

/** The facts about this process for spans and metrics. All of them are known at once. */
function describeProcess(serviceName: string): Resource {
  return (
    defaultResource()
      // Without a host name Jaeger takes each span for one of another machine, and corrects its clock.
      // Without an instance id, sums of two processes would be two values of one series.
      .merge(
        resourceFromAttributes({ "host.name": hostname(), "service.instance.id": randomUUID() }),
      )
      .merge(detectResources({ detectors: [envDetector, processDetector] }))
      .merge(resourceFromAttributes({ [ATTR_SERVICE_NAME]: serviceName }))
  );
}

/** The propagators in the SDK that LiveKit depends on. */
const COMMON_PROPAGATORS = /^\s*(tracecontext|baggage)(\s*,\s*(tracecontext|baggage))*\s*$/;

/** The set variables that only the Node SDK reads. */
function listNodeSdkVariables({ settings, env = process.env }: SdkOptions): string[] {
  const propagators = env["OTEL_PROPAGATORS"];
  const logs = env["OTEL_LOGS_EXPORTER"];
  return [
    ...(settings.metrics === "sdk" ? ["OTEL_METRICS_EXPORTER"] : []),
    ...(logs !== undefined && logs !== "" && logs !== "none" ? ["OTEL_LOGS_EXPORTER"] : []),
    ...(propagators !== undefined && propagators !== "" && !COMMON_PROPAGATORS.test(propagators)
      ? ["OTEL_PROPAGATORS"]
      : []),
  ];
}

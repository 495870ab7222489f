// OpenTelemetry as an agent's own code sets it up, with TalkTrace's exporter among the processors.
import { AsyncLocalStorage } from "node:async_hooks";
import { telemetry } from "@livekit/agents";
import { ROOT_CONTEXT, context, trace } from "@opentelemetry/api";
import { ConversationExporter } from "talktrace/otel";
import { openStore } from "talktrace/store";

/** A context manager of four lines: the SDKs from 3.0 on bring none for Node. */
class Contexts {
  #storage = new AsyncLocalStorage();
  active = () => this.#storage.getStore() ?? ROOT_CONTEXT;
  with = (active, work, self, ...args) => this.#storage.run(active, () => work.call(self, ...args));
  bind = (active, target) =>
    typeof target === "function"
      ? (...args) => this.with(active, target, undefined, ...args)
      : target;
  enable = () => this;
  disable = () => this;
}

/** @param module The package of the SDK, e.g. `@opentelemetry/sdk-trace`. */
export async function setUp(module, directory) {
  const sdk = await import(module);
  const Provider = sdk.TracerProvider ?? sdk.BasicTracerProvider;
  const store = openStore({ directory });
  const seen = new sdk.InMemorySpanExporter();
  const process = (exporter) =>
    // The SDKs from 3.0 on, and `@opentelemetry/sdk-trace` before, take an object.
    sdk.TracerProvider === undefined
      ? new sdk.SimpleSpanProcessor(exporter)
      : new sdk.SimpleSpanProcessor({ exporter });
  const livekit = new telemetry.FanoutSpanProcessor();
  const provider = new Provider({
    spanProcessors: [livekit, process(new ConversationExporter({ sink: store })), process(seen)],
  });
  context.setGlobalContextManager(new Contexts());
  trace.setGlobalTracerProvider(provider);
  telemetry.setTracerProvider(provider, {
    registerSpanProcessor: (processor) => livekit.add(processor),
  });
  return {
    pathOf: (id) => store.pathOf(id),
    names: () => seen.getFinishedSpans().map(({ name }) => name),
    shutdown: () => provider.forceFlush(),
  };
}

import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";

// These tests hold the files to one another. That Jaeger itself takes them only a running Jaeger
// can tell, and the tests must do without one.

const repository = path.resolve(import.meta.dirname, "../..");
const MOUNTED_AT = "/etc/jaeger";

function read(file: string): string {
  return readFileSync(path.join(repository, file), "utf8");
}

interface Compose {
  services: {
    jaeger: { image: string; command: string[]; ports: string[]; volumes: string[] };
  };
}
interface Pipeline {
  receivers: string[];
  processors: string[];
  exporters: string[];
}
interface JaegerConfig {
  service: { extensions: string[]; pipelines: { traces: Pipeline } };
  extensions: {
    jaeger_query: { storage: { traces: string }; ui: { config_file: string } };
    jaeger_storage: { backends: Record<string, unknown> };
  };
  receivers: { otlp: { protocols: Record<string, { endpoint: string }> } };
  processors: Record<string, unknown>;
  exporters: { jaeger_storage_exporter: { trace_storage: string } };
}

const { jaeger } = (parse(read("docker-compose.yml")) as Compose).services;
const config = parse(read("otel/jaeger/config.yaml")) as JaegerConfig;

test("the container is a pinned release whose ports are reachable from this machine only", () => {
  expect(jaeger.image).toMatch(/^jaegertracing\/jaeger:\d+\.\d+\.\d+$/);
  expect(jaeger.ports.toSorted()).toEqual([
    "127.0.0.1:16686:16686",
    "127.0.0.1:4317:4317",
    "127.0.0.1:4318:4318",
  ]);
});

test("the files that the container is told to read are in the folder that it mounts", () => {
  expect(jaeger.volumes).toEqual([`./otel/jaeger:${MOUNTED_AT}:ro`]);
  for (const inside of [jaeger.command[1] ?? "", config.extensions.jaeger_query.ui.config_file]) {
    expect(path.posix.dirname(inside)).toBe(MOUNTED_AT);
    expect(existsSync(path.join(repository, "otel/jaeger", path.posix.basename(inside)))).toBe(
      true,
    );
  }
});

test("Jaeger's configuration names only parts that it sets up", () => {
  const { extensions, pipelines } = config.service;
  expect(Object.keys(config.extensions).toSorted()).toEqual(extensions.toSorted());
  expect(Object.keys(config.receivers)).toEqual(pipelines.traces.receivers);
  expect(Object.keys(config.processors)).toEqual(pipelines.traces.processors);
  expect(Object.keys(config.exporters)).toEqual(pipelines.traces.exporters);
  const backends = Object.keys(config.extensions.jaeger_storage.backends);
  expect(backends).toContain(config.extensions.jaeger_query.storage.traces);
  expect(backends).toContain(config.exporters.jaeger_storage_exporter.trace_storage);
});

test("Jaeger receives OTLP on the ports that are published", () => {
  const endpoints = Object.values(config.receivers.otlp.protocols).map(({ endpoint }) => endpoint);
  expect(endpoints).toEqual(["0.0.0.0:4317", "0.0.0.0:4318"]);
});

test("Jaeger's page shows who said what before anything else", () => {
  const ui = JSON.parse(read("otel/jaeger/ui.json")) as { topTagPrefixes: string[] };
  expect(ui.topTagPrefixes.slice(0, 3)).toEqual(["role", "content", "source"]);
});

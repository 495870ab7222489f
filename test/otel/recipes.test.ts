import { readFileSync } from "node:fs";
import { type IncomingMessage, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { createOtlpSender, readTelemetrySettings } from "../../otel/index.js";

const JSON_TYPE = "application/json";

/** What each service expects of a request with spans. */
const EXPECTED: { [service: string]: { path: string; headers: IncomingMessage["headers"] } } = {
  Langfuse: {
    path: "/api/public/otel/v1/traces",
    headers: {
      "content-type": JSON_TYPE,
      authorization: `Basic ${Buffer.from("pk-lf-1:sk-lf-1").toString("base64")}`,
      "x-langfuse-ingestion-version": "4",
    },
  },
  Phoenix: {
    path: "/v1/traces",
    headers: { "content-type": "application/x-protobuf", authorization: "Bearer KEY" },
  },
  "Tempo and Grafana Cloud": { path: "/v1/traces", headers: { "content-type": JSON_TYPE } },
  Honeycomb: {
    path: "/v1/traces",
    headers: { "content-type": JSON_TYPE, "x-honeycomb-team": "KEY" },
  },
  Datadog: { path: "/v1/traces", headers: { "content-type": JSON_TYPE } },
};

/** The settings of each service on the page, by its heading. */
function readRecipes(): Map<string, [name: string, value: string][]> {
  const page = readFileSync("docs/recipes.md", "utf8");
  const [, traces = ""] = page.split("\n## Traces\n");
  return new Map(
    [...traces.matchAll(/^### (.+)\n\n```sh\n([^`]+)```/gm)].map(([, service = "", block = ""]) => [
      service,
      [...block.matchAll(/^(\w+)="?([^"\n]+)"?$/gm)].map(([, name = "", value = ""]) => [
        name,
        value,
      ]),
    ]),
  );
}

afterEach(() => vi.unstubAllEnvs());

it("docs/recipes.md has settings for each service whose requests are known here", () => {
  expect([...readRecipes().keys()]).toEqual(Object.keys(EXPECTED));
});

it.each(Object.keys(EXPECTED))(
  "with the settings that docs/recipes.md has for %s, spans arrive as that service expects them",
  async (service) => {
    let received: IncomingMessage | undefined;
    const server = createServer((incoming, response) => {
      received = incoming;
      incoming.resume().on("end", () => response.writeHead(200).end());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;

    for (const [name, value] of readRecipes().get(service) ?? [])
      vi.stubEnv(name, value.replace(/^https?:\/\/[^/]+/, `http://127.0.0.1:${port}`));
    const problems: string[] = [];
    const settings = readTelemetrySettings(process.env, (problem) => problems.push(problem));
    const sender = createOtlpSender(settings.tracesUrl ?? "", 2000, {
      protocol: settings.tracesProtocol,
    });
    onTestFinished(() => sender.close());
    const isJson = settings.tracesProtocol === "http/json";
    const verdict = await sender.send(Buffer.from(isJson ? '{"resourceSpans":[]}' : ""));

    expect(problems).toEqual([]);
    expect(verdict).toEqual({ outcome: "accepted" });
    expect(received?.url).toBe(EXPECTED[service]?.path);
    expect(received?.headers).toMatchObject(EXPECTED[service]?.headers ?? {});
  },
);

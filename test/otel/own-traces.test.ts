import { execFile } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { makeFolder } from "../store/support/folder.js";

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, "support/instrumented.mjs");
const PATIENT = 60_000;

interface SeenSpan {
  name: string;
  spanId: string;
  parentSpanId?: string;
}

/** Takes nothing until it is asked for `/recover`. */
async function startEndpoint() {
  let isUp = false;
  const spans: SeenSpan[] = [];
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const url = request.url ?? "";
      requests.push(url);
      if (url === "/recover") isUp = true;
      const isExport = url.startsWith("/v1/");
      if (isExport && isUp && url === "/v1/traces") {
        const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as {
          resourceSpans: { scopeSpans: { spans: SeenSpan[] }[] }[];
        };
        for (const { scopeSpans } of resourceSpans)
          for (const scope of scopeSpans) spans.push(...scope.spans);
      }
      response.writeHead(isExport && !isUp ? 503 : 200, { "content-type": "application/json" });
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { spans, requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

it(
  "an agent whose HTTP, fetch and files are instrumented gets spans of its own work, and none of ours",
  async () => {
    const endpoint = await startEndpoint();
    const directory = makeFolder();
    const { stderr } = await run(process.execPath, [PROGRAM, endpoint.url, directory]);
    const { spans, requests } = endpoint;
    const work = spans.find(({ name }) => name === "work of the agent");
    const ofAgent = spans.filter(({ parentSpanId }) => parentSpanId === work?.spanId);
    const kinds = ofAgent.map(({ name }) => name.split(" ")[0]);
    // So the instrumentation sees HTTP, fetch and files.
    expect(kinds.filter((kind) => kind === "GET").length).toBeGreaterThanOrEqual(2);
    expect(kinds).toContain("fs");
    const ofNobody = spans.filter(
      ({ name, parentSpanId }) =>
        /^(?:GET|POST|fs|tcp|tls|dns)\b/.test(name) && parentSpanId !== work?.spanId,
    );
    // The program asks for `/recover` by itself, outside of its own work.
    expect(ofNobody.map(({ name }) => name)).toEqual(["GET"]);
    expect(spans.filter(({ name }) => name === "text_input")).toHaveLength(20);
    expect(requests.filter((url) => url === "/v1/traces").length).toBeLessThan(15);
    expect(stderr.split("\n").filter((line) => line.includes("No traces"))).toHaveLength(1);
    const [file] = readdirSync(directory).filter((name) => name.endsWith(".json"));
    expect(readFileSync(join(directory, file!), "utf8").match(/"role": "user"/g)).toHaveLength(20);
  },
  PATIENT,
);

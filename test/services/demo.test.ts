import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Ended, startCli } from "../support/demo-process.js";
import { type JaegerSpan, connectJaeger, findOrphans } from "./support/jaeger.js";

describe("the demo beside a real Jaeger", () => {
  const { jaeger: address } = inject("servers");
  const jaeger = connectJaeger(address);
  let directory: string;
  let ended: Ended;
  let link: string;
  let trace: JaegerSpan[];

  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "talktrace-demo-"));
    const { otlpUrl, queryUrl } = address;
    const where = ["--directory", directory, "--jaeger", otlpUrl, "--jaeger-ui", queryUrl];
    const demo = startCli(["demo", "--rate", "8", ...where], { OTEL_TRACES_EXPORTER: "otlp" });
    ended = await demo.ended;
    if (ended.code !== 0) throw new Error(`The demo failed: ${ended.stderr}`);
    link = /http\S+\/trace\/\S+/.exec(ended.stdout)?.[0] ?? "";
    const traceId = /\/trace\/([0-9a-f]{32})/.exec(link)?.[1] ?? "";
    trace = await jaeger.traceWith(traceId, (spans) =>
      spans.some(({ name }) => name === "conversation_end"),
    );
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("prints a link to the call that leads to it", async () => {
    expect(link.startsWith(address.queryUrl)).toBe(true);
    expect(await jaeger.open(link.slice(address.queryUrl.length))).toBe(200);
  });

  it("has sent the whole call before it ended", () => {
    expect(trace.filter(({ parentId }) => parentId === undefined)).toHaveLength(1);
    expect(findOrphans(trace)).toEqual([]);
    // The script's seven utterances, its greeting and eight replies.
    expect(trace.filter(({ tags }) => tags["role"] === "user")).toHaveLength(7);
    expect(trace.filter(({ tags }) => tags["role"] === "agent")).toHaveLength(9);
  });
});

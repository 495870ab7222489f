import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { TALKTRACE_VARIABLES } from "../../otel/own-variables.js";
import type { DoctorCheck } from "../../src/cli/doctor/doctor-check.js";
import { satisfies } from "../../src/cli/doctor/packages.js";
import { runCli } from "../support/run-cli.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-doctor-"));
  for (const name of Object.keys(process.env))
    if (/^(TALKTRACE|OTEL)_/.test(name)) vi.stubEnv(name, undefined);
  vi.stubEnv("OTEL_TRACES_EXPORTER", "none");
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

async function doctor(...args: string[]) {
  const { code, stdout, stderr } = await runCli(
    "doctor",
    "--json",
    "--directory",
    folder,
    "--project",
    folder,
    ...args,
  );
  expect(stderr).toBe("");
  const checks = JSON.parse(stdout) as DoctorCheck[];
  return { code, of: (what: string) => checks.filter((check) => check.what === what) };
}

/** An address at which nothing listens any more. */
async function findClosedAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

async function startEndpoint(status: number): Promise<{ url: string; bodies: string[] }> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      bodies.push(`${request.method} ${request.url} ${body}`);
      response.writeHead(status).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies };
}

it("`talktrace doctor` finds nothing bad where calls can be recorded", async () => {
  cpSync("conversations/sample-parcel-desk.json", join(folder, "call.json"));
  chmodSync(join(folder, "call.json"), 0o600);
  const { code, of } = await doctor();
  expect(code).toBe(0);
  expect(of("folder")[0]).toMatchObject({
    outcome: "ok",
    fact: expect.stringContaining("has 1 calls") as string,
  });
  expect(of("modes")[0]?.outcome).toBe("ok");
  expect(of("disk")).toHaveLength(1);
  expect(of("node")[0]?.fact).toContain(process.versions.node);
  expect(of("settings")).toEqual([
    { what: "settings", outcome: "ok", fact: "every setting is one that is read" },
  ]);
});

it("`talktrace doctor` names files that others may read", async () => {
  writeFileSync(join(folder, "call.json"), "{}");
  chmodSync(join(folder, "call.json"), 0o644);
  expect((await doctor()).of("modes")[0]).toMatchObject({
    outcome: "warn",
    fact: '1 file may be read by others, e.g. "call.json"',
  });
  vi.stubEnv("TALKTRACE_FILE_MODE", "0644");
  expect((await doctor()).of("modes")[0]?.outcome).toBe("ok");
});

it("`talktrace doctor` exits 1 where the folder is none, or nothing is recorded at all", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  expect((await runCli("doctor", "--directory", file, "--project", folder)).code).toBe(1);
  expect((await doctor("--directory", join(folder, "new", "one"))).of("folder")[0]?.fact).toContain(
    "the first call makes it",
  );
  vi.stubEnv("OTEL_SDK_DISABLED", "true");
  const { code, of } = await doctor();
  expect(code).toBe(1);
  expect(of("settings")[0]?.outcome).toBe("bad");
});

it("`talktrace doctor` asks the endpoint with an empty request, and tells what it answers", async () => {
  vi.stubEnv("OTEL_TRACES_EXPORTER", undefined);
  const good = await startEndpoint(200);
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", good.url);
  expect((await doctor()).of("endpoint")[0]?.outcome).toBe("ok");
  expect(good.bodies).toEqual(['POST /v1/traces {"resourceSpans":[]}']);
  const other = await startEndpoint(404);
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", other.url.replace("//", "//u:secret@"));
  const [check] = (await doctor()).of("endpoint");
  expect(check?.fact).toContain("answers 404");
  expect(JSON.stringify(check)).not.toContain("secret");
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", await findClosedAddress());
  expect((await doctor()).of("endpoint")[0]).toMatchObject({
    outcome: "warn",
    fact: expect.stringContaining("ECONNREFUSED") as string,
  });
});

it("`talktrace doctor` names settings that nothing reads, with the nearest, and values that cannot be used", async () => {
  vi.stubEnv("TALKTRACE_DIRECTROY", "x");
  vi.stubEnv("TALKTRACE_CONSOLE", "maybe");
  const facts = (await doctor()).of("settings").map(({ fact }) => fact);
  expect(facts).toContainEqual(
    'nothing reads TALKTRACE_DIRECTROY; did you mean "TALKTRACE_DIRECTORY"?',
  );
  expect(facts.join("\n")).toContain('Cannot use TALKTRACE_CONSOLE "maybe"');
});

it("TALKTRACE_VARIABLES has every variable of TalkTrace that docs/settings.md names", async () => {
  const { readFileSync } = await import("node:fs");
  const named = [...readFileSync("docs/settings.md", "utf8").matchAll(/\bTALKTRACE_[A-Z_]+/g)].map(
    ([name]) => name,
  );
  expect([...TALKTRACE_VARIABLES].toSorted()).toEqual([...new Set(named)].toSorted());
});

it("`talktrace doctor` finds each copy of OpenTelemetry and LiveKit, and a version that was not tested", async () => {
  const put = (path: string, name: string, version: string) => {
    mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, path, "package.json"), JSON.stringify({ name, version }));
  };
  put("node_modules/@opentelemetry/api", "@opentelemetry/api", "1.9.1");
  put("node_modules/other/node_modules/@opentelemetry/api", "@opentelemetry/api", "1.8.0");
  put("node_modules/@livekit/agents", "@livekit/agents", "1.12.0");
  const { code, of } = await doctor();
  expect(code).toBe(0);
  expect(of("@opentelemetry/api")[0]).toMatchObject({
    outcome: "warn",
    fact: expect.stringContaining("2 copies (1.9.1 and 1.8.0)") as string,
  });
  expect(of("@livekit/agents")[0]?.fact).toContain("1.12.0, and TalkTrace is tested with");
  expect(of("@livekit/rtc-node")[0]?.fact).toContain("not installed");
});

it("`talktrace doctor` tells how many spans wait, and which were set aside", async () => {
  vi.stubEnv("OTEL_TRACES_EXPORTER", undefined);
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
  mkdirSync(join(folder, ".spool"));
  writeFileSync(join(folder, ".spool", "a.spans"), "x".repeat(2000));
  expect((await doctor()).of("spool")[0]).toMatchObject({
    outcome: "ok",
    fact: expect.stringContaining("1 files of spans wait") as string,
  });
  writeFileSync(join(folder, ".spool", "b.spans.damaged"), "x");
  expect((await doctor()).of("spool")[0]?.outcome).toBe("warn");
});

it.each([
  ["1.7.0", ">=1.7.0 <1.10.0", true],
  ["1.9.9", ">=1.7.0 <1.10.0", true],
  ["1.10.0", ">=1.7.0 <1.10.0", false],
  ["0.13.40", "^0.13.34", true],
  ["0.14.0", "^0.13.34", false],
  ["20.18.9", "^20.19.0", false],
  ["22.13.0", "^22.12.0", true],
  ["23.0.0", "^22.12.0", false],
])("satisfies(%j, %j) is %j", (version, range, expected) => {
  expect(satisfies(version, range)).toBe(expected);
});

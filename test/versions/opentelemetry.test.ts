import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Conversation } from "../../src/record/index.js";

const repository = path.resolve(import.meta.dirname, "../..");
const { version, peerDependencies } = JSON.parse(
  readFileSync(path.join(repository, "package.json"), "utf8"),
) as { version: string; peerDependencies: { [name: string]: string } };

/**
 * The setups of somebody's own that talktrace is tried in. The SDKs from 3.0 on ask for Node 22.15;
 * what is used of them here runs on Node 20 as well.
 */
const TRIED = [
  { api: "1.9.0", sdk: "@opentelemetry/sdk-trace-base@2.9.0" },
  { api: "1.9.1", sdk: "@opentelemetry/sdk-trace-base@2.12.1" },
  { api: "1.10.0", sdk: "@opentelemetry/sdk-trace@3.1.1" },
] as const;

const cache = path.join(
  process.env["XDG_CACHE_HOME"] ?? path.join(os.homedir(), ".cache"),
  "talktrace",
  "opentelemetry-versions",
);
const QUIET = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];

let folder: string;
let tarball: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "talktrace-versions-"));
  run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], repository);
  tarball = path.join(folder, `talktrace-${version}.tgz`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string, parameters: readonly string[], cwd: string): string {
  return execFileSync(command, parameters, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** A project with those versions, and today's talktrace in it, installed without `--force`. */
function install(api: string, packages: readonly string[]): string {
  const project = path.join(cache, `${api}-${packages.join("-").replaceAll(/[^\w.]+/g, "-")}`);
  if (!existsSync(path.join(project, "installed"))) {
    rmSync(project, { recursive: true, force: true });
    mkdirSync(project, { recursive: true });
    writeFileSync(path.join(project, "package.json"), '{ "private": true, "type": "module" }\n');
    const livekit = ["@livekit/agents@1.8.1", "@livekit/rtc-node@0.13.35"];
    const all = [`@opentelemetry/api@${api}`, ...livekit, ...packages];
    run("npm", ["install", "--save-exact", ...QUIET, ...all], project);
    writeFileSync(path.join(project, "installed"), "");
  }
  run("npm", ["install", "--no-save", ...QUIET, tarball], project);
  for (const program of ["short-call.mjs", "own-setup.mjs"])
    copyFileSync(path.join(import.meta.dirname, program), path.join(project, program));
  return project;
}

interface Call {
  problems: string[];
  record: Conversation;
  spans: string[];
}

function holdCall(project: string, ...parameters: string[]): Call {
  const records = mkdtempSync(path.join(folder, "records-"));
  const [program = "short-call.mjs", ...rest] = parameters;
  return JSON.parse(run(process.execPath, [program, records, ...rest], project)) as Call;
}

function contentsOf({ record }: Call): string[] {
  return record.conversation.map(({ role, content }) => `${role}: ${content}`);
}

const SAID = [
  "agent: Welcome to the clinic.",
  "user: hello",
  "agent: Hi, how are you?",
  "user: tea",
  expect.stringMatching(/^agent: We have green/),
];

describe.each(TRIED)("a setup of one's own with $sdk and API $api", ({ api, sdk }) => {
  const module = sdk.slice(0, sdk.lastIndexOf("@"));

  let project: string;
  // Without `--force`: npm itself has to find that the versions fit.
  beforeAll(() => {
    project = install(api, [sdk]);
  });

  it("has a version of the API that is in the range that the package asks for", () => {
    const range = peerDependencies["@opentelemetry/api"] ?? "";
    expect(range).toBe(">=1.9.0 <2.0.0");
  });

  it("has a short call recorded whole, in one trace with LiveKit's spans", () => {
    const call = holdCall(project, "short-call.mjs", module);
    expect(call.problems).toEqual([]);
    expect(contentsOf(call)).toEqual(SAID);
    expect(call.record.session.status).toBe("complete");
    expect(new Set(call.record.conversation.map(({ trace_id }) => trace_id)).size).toBe(1);
    expect(call.spans).toEqual(
      expect.arrayContaining(["conversation", "speech_to_text lobe-1", "agent_session"]),
    );
  });
});

describe("another version of the API that was loaded first and set a logger", () => {
  it.each(["1.8.0", "1.9.0"])(
    "is named in one line, and the call is recorded (%s)",
    { timeout: 300_000 },
    (older) => {
      const project = install("1.9.1", [`api-before@npm:@opentelemetry/api@${older}`]);
      writeFileSync(
        path.join(project, "beside-older.mjs"),
        'import { diag } from "api-before";\n' +
          "const hear = () => undefined;\n" +
          "diag.setLogger({ error: hear, warn: hear, info: hear, debug: hear, verbose: hear });\n" +
          'await import("./short-call.mjs");\n',
      );
      const call = holdCall(project, "beside-older.mjs");
      expect(call.problems).toEqual([
        expect.stringContaining(`version ${older} of @opentelemetry/api was loaded before`),
      ]);
      expect(contentsOf(call)).toEqual(SAID);
    },
  );
});

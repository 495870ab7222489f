import { mkdtempSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Conversation } from "../../src/record/index.js";
import {
  type VersionProjects,
  manifest,
  packForVersions,
  run,
} from "./support/version-projects.js";

/**
 * The setups of somebody's own that talktrace is tried in. The SDKs from 3.0 on ask for Node 22.15;
 * what is used of them here runs on Node 20 as well.
 */
const TRIED = [
  { api: "1.9.0", sdk: "@opentelemetry/sdk-trace-base@2.9.0" },
  { api: "1.9.1", sdk: "@opentelemetry/sdk-trace-base@2.12.1" },
  { api: "1.10.0", sdk: "@opentelemetry/sdk-trace@3.1.1" },
] as const;

let projects: VersionProjects;
beforeAll(() => {
  projects = packForVersions("opentelemetry-versions");
});
afterAll(() => projects.remove());

/** A project with those versions, and today's talktrace in it. Without `--force`: npm has to agree. */
function install(api: string, packages: readonly string[]): string {
  const name = `${api}-${packages.join("-").replaceAll(/[^\w.]+/g, "-")}`;
  const livekit = ["@livekit/agents@1.8.1", "@livekit/rtc-node@0.13.35"];
  return projects.install(name, [`@opentelemetry/api@${api}`, ...livekit, ...packages]);
}

interface Call {
  problems: string[];
  record: Conversation;
  spans: string[];
}

function holdCall(project: string, ...parameters: string[]): Call {
  const records = mkdtempSync(path.join(projects.folder, "records-"));
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
  beforeAll(() => {
    project = install(api, [sdk]);
  });

  it("has a version of the API that is in the range that the package asks for", () => {
    const range = manifest.peerDependencies["@opentelemetry/api"] ?? "";
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

it(
  "version 1.10 of the API, which has one copy for import and one for require(), is not taken for two versions",
  { timeout: 300_000 },
  () => {
    const call = holdCall(install("1.10.0", []), "short-call.mjs");
    expect(call.problems).toEqual([]);
    expect(contentsOf(call)).toEqual(SAID);
  },
);

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

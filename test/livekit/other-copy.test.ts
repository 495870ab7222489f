import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Conversation } from "../../src/record/index.js";

const repository = path.resolve(import.meta.dirname, "../..");
const fixture = path.join(import.meta.dirname, "fixtures/other-copy/call.mjs");

/** An application with a copy of `@livekit/agents` of its own; all else it has as TalkTrace has it. */
let application: string;

beforeAll(() => {
  application = mkdtempSync(path.join(tmpdir(), "talktrace-other-copy-"));
  const modules = path.join(repository, "node_modules");
  const own = path.join(application, "node_modules");
  mkdirSync(path.join(own, "@livekit"), { recursive: true });
  const link = (name: string) => symlinkSync(path.join(modules, name), path.join(own, name), "dir");
  for (const name of readdirSync(modules))
    if (name !== "@livekit" && !name.startsWith(".")) link(name);
  for (const name of readdirSync(path.join(modules, "@livekit")))
    if (name !== "agents") link(path.join("@livekit", name));
  symlinkSync(repository, path.join(own, "talktrace"), "dir");
  cpSync(path.join(modules, "@livekit/agents"), path.join(own, "@livekit/agents"), {
    recursive: true,
  });
  cpSync(fixture, path.join(application, "call.mjs"));
  writeFileSync(
    path.join(application, "agent.mjs"),
    `import * as livekit from "@livekit/agents";
     import { AudioFrame } from "@livekit/rtc-node";
     import * as talktrace from "talktrace";
     import { runCall } from "./call.mjs";
     await runCall({ livekit, talktrace, AudioFrame, directory: process.argv[2] });`,
  );
  writeFileSync(
    path.join(application, "agent.cjs"),
    `const livekit = require("@livekit/agents");
     const { AudioFrame } = require("@livekit/rtc-node");
     const talktrace = require("talktrace");
     import("./call.mjs").then(({ runCall }) =>
       runCall({ livekit, talktrace, AudioFrame, directory: process.argv[2] }),
     );`,
  );
});

afterAll(() => rmSync(application, { recursive: true, force: true }));

async function run(agent: string): Promise<{ record: Conversation; problems: string[] }> {
  const directory = path.join(application, `conversations-${agent}`);
  const { stdout } = await promisify(execFile)(process.execPath, [agent, directory], {
    cwd: application,
    env: { ...process.env, OTEL_TRACES_EXPORTER: "none" },
  });
  return JSON.parse(stdout) as { record: Conversation; problems: string[] };
}

it.each([
  [
    "another copy",
    "agent.mjs",
    /^This session is of another copy of @livekit\/agents \("(.+)"\) than TalkTrace's \("(.+)"\): .*npm ls/,
  ],
  [
    "the CommonJS build",
    "agent.cjs",
    /^This session is of the CommonJS build of @livekit\/agents \("(.+)"\), TalkTrace has the ES modules \("(.+)"\): .*"type": "module"/,
  ],
])(
  "A session of %s of LiveKit's package is recorded, and one line says which copies there are",
  async (_copy, agent, line) => {
    const { record, problems } = await run(agent);
    expect(
      record.conversation.map(({ role, content, source }) => ({ role, content, source })),
    ).toEqual([
      { role: "agent", content: "Good evening.", source: "mouthpiece_tts" },
      { role: "user", content: "a table please", source: "earwig_stt" },
      { role: "agent", content: "Yes, a table for two.", source: "mouthpiece_tts" },
    ]);
    expect(record.conversation.at(-1)).toMatchObject({
      delivery: "full",
      latency: { marks: { llm_start: expect.any(Number) as number } },
    });
    expect(problems).toHaveLength(1);
    const [, other, own] = line.exec(problems[0] ?? "") ?? [];
    expect(other).toBe(path.join(application, "node_modules/@livekit/agents"));
    expect(own).toBe(path.join(repository, "node_modules/@livekit/agents"));
  },
);

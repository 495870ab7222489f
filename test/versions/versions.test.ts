import { mkdtempSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Conversation } from "../../src/record/index.js";
import {
  type VersionProjects,
  manifest,
  packForVersions,
  run,
} from "./support/version-projects.js";

/** The versions of LiveKit that talktrace is tried with, and the plugins that exist for each. */
const TRIED = [
  { agents: "1.7.0", plugins: { deepgram: "1.7.0", cartesia: "1.6.2", openai: "1.7.0" } },
  { agents: "1.7.1", plugins: { deepgram: "1.7.1", cartesia: "1.7.1", openai: "1.7.1" } },
  { agents: "1.8.0", plugins: { deepgram: "1.8.0", cartesia: "1.8.0", openai: "1.8.0" } },
  { agents: "1.8.1", plugins: { deepgram: "1.8.1", cartesia: "1.8.1", openai: "1.8.1" } },
  { agents: "1.9.0", plugins: { deepgram: "1.9.0", cartesia: "1.8.1", openai: "1.9.0" } },
] as const;

let projects: VersionProjects;
beforeAll(() => {
  projects = packForVersions("livekit-versions");
});
afterAll(() => projects.remove());

/** A project with that version of LiveKit, and today's talktrace in it. */
function install({ agents, plugins }: (typeof TRIED)[number]): string {
  const names = Object.entries(plugins).map(
    ([name, plugin]) => `@livekit/agents-plugin-${name}@${plugin}`,
  );
  const packages = [`@livekit/agents@${agents}`, "@opentelemetry/api@1.9.1", ...names];
  // A plugin may be older than what it is used with; whether that works is what is asked here.
  return projects.install(agents, packages, ["--force"]);
}

describe.each(TRIED)("LiveKit $agents", (tried) => {
  let project: string;
  beforeAll(() => {
    project = install(tried);
  });

  it("is a version that the package asks for", () => {
    const range = manifest.peerDependencies["@livekit/agents"] ?? "";
    const [, lowest = "", above = ""] = /^>=(\S+) <(\S+)$/.exec(range) ?? [];
    expect(compareVersions(tried.agents, lowest)).toBeGreaterThanOrEqual(0);
    expect(compareVersions(tried.agents, above)).toBeLessThan(0);
  });

  it("has plugins that load beside it", () => {
    const names = Object.keys(tried.plugins).map((name) => `@livekit/agents-plugin-${name}`);
    const program = `
      const loaded = await Promise.all(${JSON.stringify(names)}.map((name) => import(name)));
      console.log(loaded.length);
      process.exit(0);
    `;
    const printed = run(process.execPath, ["--input-type=module", "--eval", program], project);
    expect(printed.trim()).toBe(String(names.length));
  });

  it("has a short call recorded as it was", () => {
    const records = mkdtempSync(path.join(projects.folder, "records-"));
    const printed = run(process.execPath, ["short-call.mjs", records], project);
    const call = JSON.parse(printed) as {
      version: string;
      problems: string[];
      record: Conversation;
    };
    expect(call.version).toBe(tried.agents);
    expect(call.problems).toEqual([]);

    const { conversation, unspoken, events, session } = call.record;
    const cut = conversation[4];
    expect(
      conversation.map((message) => [
        message.role,
        message.content,
        message.source,
        "delivery" in message ? message.delivery : undefined,
        message.turn_id,
      ]),
    ).toEqual([
      ["agent", "Welcome to the clinic.", "mouth_piece_tts", "full", "t_1"],
      ["user", "hello", "earwig_stt", undefined, "t_2"],
      ["agent", "Hi, how are you?", "mouth_piece_tts", "full", "t_2"],
      ["user", "tea", "earwig_stt", undefined, "t_3"],
      ["agent", cut?.content, "mouth_piece_tts", "partial", "t_3"],
    ]);
    const whole =
      "We have green tea, black tea, white tea, and tea of herbs that grow on the hill behind us.";
    expect(cut).toMatchObject({ generated: whole, agent: "kitchen" });
    expect(whole.startsWith(cut?.content ?? "-")).toBe(true);
    expect(unspoken).toEqual([]);
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ["agent_handoff", { from: "front-desk", to: "kitchen" }],
    ]);
    const marks = Object.keys(
      (conversation[2] as { latency?: { marks: object } }).latency?.marks ?? {},
    );
    expect(marks).toEqual(
      expect.arrayContaining([
        "speech_end",
        "transcript_final",
        "turn_committed",
        "llm_first_token",
        "tts_start",
        "tts_first_byte",
        "playback_start",
      ]),
    );
    expect(session).toMatchObject({ status: "complete", close_reason: "user_initiated" });
  });
});

/** Of `1.8.1` and `1.10.0`: less than 0. */
function compareVersions(one: string, other: string): number {
  const [a, b] = [one, other].map((each) => each.split(".").map(Number));
  const differing = a?.findIndex((number, index) => number !== b?.[index]) ?? -1;
  return differing < 0 ? 0 : (a?.[differing] ?? 0) - (b?.[differing] ?? 0);
}

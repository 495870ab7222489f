import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DEFAULT_VOICE, readSettings, SettingsError } from "../../src/agent/settings.js";

const NEEDED = {
  LIVEKIT_URL: "wss://example.livekit.cloud",
  LIVEKIT_API_KEY: "lk-key",
  LIVEKIT_API_SECRET: "lk-secret",
  DEEPGRAM_API_KEY: "dg-key",
  CARTESIA_API_KEY: "ca-key",
  LLM_API_KEY: "llm-key",
};

function readError(env: Record<string, string | undefined>): SettingsError {
  try {
    readSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error("The settings were accepted");
}

describe("readSettings()", () => {
  it("lists everything that is missing in one message, with what it is for, and names the demo", () => {
    const error = readError({});
    expect(error.code).toBe("settings_invalid");
    expect(error.problems.map(({ name }) => name)).toEqual(Object.keys(NEEDED));
    for (const name of Object.keys(NEEDED)) expect(error.message).toContain(`${name} (`);
    expect(error.message).toContain("speech to text");
    expect(error.message).toContain("npm run demo");
  });

  it("counts an empty value as missing, as a copied example file has it", () => {
    const example = Object.fromEntries(
      readFileSync(".env.example", "utf8")
        .split("\n")
        .filter((line) => /^[A-Z_]+=/.test(line))
        .map((line) => line.split("=") as [string, string]),
    );
    expect(Object.keys(example)).toEqual(Object.keys(NEEDED));
    expect(readError(example).problems).toHaveLength(Object.keys(NEEDED).length);
  });

  it("fills in the defaults", () => {
    expect(readSettings(NEEDED)).toEqual({
      livekit: { url: "wss://example.livekit.cloud", apiKey: "lk-key", apiSecret: "lk-secret" },
      deepgram: { apiKey: "dg-key", model: "nova-3", language: "multi" },
      cartesia: { apiKey: "ca-key", model: "sonic-3", voice: DEFAULT_VOICE },
      llm: { apiKey: "llm-key", model: "gpt-4.1-mini" },
    });
  });

  it("takes every optional setting that the example file lists", () => {
    const optional = {
      DEEPGRAM_MODEL: "nova-2",
      DEEPGRAM_LANGUAGE: "hi",
      DEEPGRAM_URL: "ws://127.0.0.1:1/",
      CARTESIA_MODEL: "sonic-2",
      CARTESIA_VOICE: "some-voice",
      CARTESIA_URL: "http://127.0.0.1:2",
      LLM_MODEL: "other",
      LLM_BASE_URL: "http://127.0.0.1:3/v1",
      AGENT_NAME: "desk",
      AGENT_HOST: "127.0.0.1",
      AGENT_PORT: "18081",
      AGENT_MAX_LOAD: "0.9",
      AGENT_IDLE_PROCESSES: "3",
    };
    const listed = [...readFileSync(".env.example", "utf8").matchAll(/^# ([A-Z_]+)=/gm)].map(
      ([, name]) => name,
    );
    expect(new Set(listed)).toEqual(new Set(Object.keys(optional)));
    expect(readSettings({ ...NEEDED, ...optional })).toMatchObject({
      deepgram: { model: "nova-2", language: "hi", url: "ws://127.0.0.1:1" },
      cartesia: { model: "sonic-2", voice: "some-voice", url: "http://127.0.0.1:2" },
      llm: { model: "other", url: "http://127.0.0.1:3/v1" },
      agentName: "desk",
      host: "127.0.0.1",
      port: 18081,
      maxLoad: 0.9,
      idleProcesses: 3,
    });
  });

  it("takes OPENAI_API_KEY where LLM_API_KEY is missing, and LLM_API_KEY where both are there", () => {
    const { LLM_API_KEY, ...others } = NEEDED;
    expect(readSettings({ ...others, OPENAI_API_KEY: "oa-key" }).llm.apiKey).toBe("oa-key");
    expect(readSettings({ ...others, LLM_API_KEY, OPENAI_API_KEY: "oa-key" }).llm.apiKey).toBe(
      "llm-key",
    );
    const elsewhere = {
      ...others,
      OPENAI_API_KEY: "oa-key",
      LLM_BASE_URL: "http://127.0.0.1:3/v1",
    };
    expect(() => readSettings(elsewhere)).toThrow("LLM_API_KEY");
  });

  it.each([
    ["LIVEKIT_URL", "example.livekit.cloud"],
    ["LIVEKIT_URL", "ftp://example.com"],
    ["DEEPGRAM_URL", "https://api.deepgram.com"],
    ["CARTESIA_URL", "wss://api.cartesia.ai"],
    ["LLM_BASE_URL", "not a url"],
  ])("refuses a malformed %s: %s", (name, value) => {
    const { problems, message } = readError({ ...NEEDED, [name]: value });
    expect(problems.map((problem) => problem.name)).toEqual([name]);
    expect(message).toContain(`"${value}" is not a URL that begins with`);
  });

  it.each([
    ["AGENT_PORT", "0"],
    ["AGENT_PORT", "http"],
    ["AGENT_MAX_LOAD", "70%"],
    ["AGENT_MAX_LOAD", "1.5"],
    ["AGENT_IDLE_PROCESSES", "0"],
    ["AGENT_IDLE_PROCESSES", "2.5"],
  ])("refuses an unusable %s: %s", (name, value) => {
    const { problems, message } = readError({ ...NEEDED, [name]: value });
    expect(problems.map((problem) => problem.name)).toEqual([name]);
    expect(message).toMatch(new RegExp(`"${value}" is not a (whole )?number from`));
  });
});

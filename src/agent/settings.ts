import { showUrl } from "../platform/url-secrets.js";

/** The settings of the reference agent, read from the environment. */
export interface Settings extends ModelSettings {
  livekit: { url: string; apiKey: string; apiSecret: string };
  /** With a name, the agent only joins rooms that ask for it. Without a name, it joins every room. */
  agentName?: string;
  /** Where the worker answers health checks while it runs with `start`. */
  host?: string;
  port?: number;
  /** The load of the machine (0 to 1) from which the worker takes no more calls. */
  maxLoad?: number;
  /** How many processes wait ready for calls. */
  idleProcesses?: number;
}

/** What the speech and language services need. */
export interface ModelSettings {
  deepgram: { apiKey: string; model: string; language: string; url?: string };
  cartesia: { apiKey: string; model: string; voice: string; url?: string };
  llm: { apiKey: string; model: string; url?: string };
}

/** One setting that is missing or unusable. */
export interface SettingsProblem {
  name: string;
  purpose: string;
  problem: string;
}

/** Lists every problem with the settings at once, so that users do not mend them one by one. */
export class SettingsError extends Error {
  readonly code = "settings_invalid";
  readonly problems: readonly SettingsProblem[];

  constructor(problems: readonly SettingsProblem[]) {
    const lines = problems.map(
      ({ name, purpose, problem }) => `  ${name} (${purpose}): ${problem}`,
    );
    super(
      [
        "Cannot start the agent: settings are missing or malformed",
        ...lines,
        'Put them into ".env" (".env.example" lists them all) or into the environment.',
        'To see it work without any of them, run "npm run demo".',
      ].join("\n"),
    );
    this.name = "SettingsError";
    this.problems = problems;
  }
}

/** The default voice of Cartesia's plugin. It is repeated here because the plugin keeps it private. */
export const DEFAULT_VOICE = "f786b574-daa5-4673-aa0c-cbe3e8534c02";

const WEBSOCKET = ["ws:", "wss:"];
const HTTP = ["http:", "https:"];

/**
 * Reads the settings from `env`. An empty value counts as missing.
 *
 * @throws SettingsError that lists every problem
 */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const { problems, find, need, checkUrl, findUrl, findNumber } = openEnvironment(env);
  const livekitFor = "the LiveKit server";
  const livekitUrl = need("LIVEKIT_URL", livekitFor);
  checkUrl("LIVEKIT_URL", livekitFor, livekitUrl, [...WEBSOCKET, ...HTTP]);
  const agentName = find("AGENT_NAME");
  const host = find("AGENT_HOST");
  const port = findNumber("AGENT_PORT", "the worker's health checks", 1, 65_535, "whole number");
  const maxLoad = findNumber("AGENT_MAX_LOAD", "when the worker is full", 0.01, 1);
  const idleProcesses = findNumber(
    "AGENT_IDLE_PROCESSES",
    "how many processes wait for calls",
    1,
    100,
    "whole number",
  );
  const settings: Settings = {
    livekit: {
      url: livekitUrl,
      apiKey: need("LIVEKIT_API_KEY", livekitFor),
      apiSecret: need("LIVEKIT_API_SECRET", livekitFor),
    },
    deepgram: {
      apiKey: need("DEEPGRAM_API_KEY", "speech to text"),
      model: find("DEEPGRAM_MODEL") ?? "nova-3",
      language: find("DEEPGRAM_LANGUAGE") ?? "multi",
      ...findUrl("DEEPGRAM_URL", "speech to text at another address", WEBSOCKET),
    },
    cartesia: {
      apiKey: need("CARTESIA_API_KEY", "text to speech"),
      model: find("CARTESIA_MODEL") ?? "sonic-3",
      voice: find("CARTESIA_VOICE") ?? DEFAULT_VOICE,
      ...findUrl("CARTESIA_URL", "text to speech at another address", HTTP),
    },
    llm: {
      // OpenAI's key goes to OpenAI alone.
      apiKey: need(
        "LLM_API_KEY",
        "the language model",
        find("LLM_BASE_URL") === undefined ? "OPENAI_API_KEY" : undefined,
      ),
      model: find("LLM_MODEL") ?? "gpt-4.1-mini",
      ...findUrl("LLM_BASE_URL", "a language model at another address", HTTP),
    },
    ...(agentName === undefined ? {} : { agentName }),
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(maxLoad === undefined ? {} : { maxLoad }),
    ...(idleProcesses === undefined ? {} : { idleProcesses }),
  };
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

/** Reads single values of an environment, and collects the problems with them. */
function openEnvironment(env: Record<string, string | undefined>) {
  const problems: SettingsProblem[] = [];

  function find(name: string): string | undefined {
    const value = env[name]?.trim();
    return value === "" ? undefined : value;
  }

  function need(name: string, purpose: string, other?: string): string {
    const value = find(name) ?? (other === undefined ? undefined : find(other));
    if (value === undefined) {
      const problem = other === undefined ? "is missing" : `is missing, and so is ${other}`;
      problems.push({ name, purpose, problem });
    }
    return value ?? "";
  }

  function checkUrl(name: string, purpose: string, value: string, schemes: string[]): string {
    if (value === "") return value;
    if (!URL.canParse(value) || !schemes.includes(new URL(value).protocol)) {
      const expected = schemes.map((scheme) => `${scheme}//`).join(" or ");
      const problem = `"${showUrl(value)}" is not a URL that begins with ${expected}`;
      problems.push({ name, purpose, problem });
    }
    // The slash at the end is removed, because the plugins append their paths.
    return value.replace(/(?<!\/)\/+$/, "");
  }

  function findUrl(name: string, purpose: string, schemes: string[]): { url?: string } {
    const value = find(name);
    return value === undefined ? {} : { url: checkUrl(name, purpose, value, schemes) };
  }

  function findNumber(
    name: string,
    purpose: string,
    least: number,
    most: number,
    kind: "number" | "whole number" = "number",
  ): number | undefined {
    const value = find(name);
    if (value === undefined) return undefined;
    const found = Number(value);
    const isOfKind = kind === "number" || Number.isInteger(found);
    if (isOfKind && found >= least && found <= most) return found;
    const problem = `"${value}" is not a ${kind} from ${least} to ${most}`;
    problems.push({ name, purpose, problem });
    return undefined;
  }

  return { problems, find, need, checkUrl, findUrl, findNumber };
}

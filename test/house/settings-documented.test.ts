import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** The variables that a source names in quotes. */
function namesIn(path: string): string[] {
  const names = readFileSync(path, "utf8").matchAll(/"((?:OTEL|TALKTRACE)_[A-Z_]+)"/g);
  return [...new Set([...names].flatMap(([, name]) => name ?? []))];
}

/** The variables that the reference agent reads, but for the one that stands in for another. */
function namesInAgentSettings(): string[] {
  const source = readFileSync("src/agent/settings.ts", "utf8");
  const names = source.matchAll(/"((?:LIVEKIT|DEEPGRAM|CARTESIA|LLM|AGENT)_[A-Z_]+)"/g);
  return [...new Set([...names].flatMap(([, name]) => name ?? []))];
}

const SETTINGS_PAGE = readFileSync("docs/settings.md", "utf8");
const PAGES = [SETTINGS_PAGE, readFileSync("README.md", "utf8")];

describe("the pages about settings", () => {
  it.each(namesIn("otel/settings.ts"))("docs/settings.md documents `%s`", (name) => {
    expect(SETTINGS_PAGE).toContain(`\`${name}\``);
  });

  it.each(namesInAgentSettings())("docs/settings.md and .env.example document `%s`", (name) => {
    expect(SETTINGS_PAGE).toContain(`| \`${name}\``);
    expect(readFileSync(".env.example", "utf8")).toMatch(new RegExp(`^(?:# )?${name}=`, "m"));
  });

  it("README.md and docs/settings.md name no `TALKTRACE_*` variable that nothing reads", () => {
    const documented = PAGES.flatMap((page) => [
      ...page.matchAll(/`(TALKTRACE_[A-Z_]+)`/g),
    ]).flatMap(([, name]) => name ?? []);
    expect(namesIn("otel/settings.ts")).toEqual(expect.arrayContaining([...new Set(documented)]));
  });
});

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** The variables that a source names in quotes. */
function namesIn(path: string): string[] {
  const names = readFileSync(path, "utf8").matchAll(/"((?:OTEL|TALKTRACE)_[A-Z_]+)"/g);
  return [...new Set([...names].flatMap(([, name]) => name ?? []))];
}

const README = readFileSync("README.md", "utf8");

describe("the README's settings", () => {
  it.each(namesIn("otel/settings.ts"))("tell of %s", (name) => {
    expect(README).toContain(`\`${name}\``);
  });

  it("name none that nothing reads", () => {
    const documented = [...README.matchAll(/`(TALKTRACE_[A-Z_]+)`/g)].flatMap(
      ([, name]) => name ?? [],
    );
    expect(namesIn("otel/settings.ts")).toEqual(expect.arrayContaining([...new Set(documented)]));
  });
});

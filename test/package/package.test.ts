import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const repository = path.resolve(import.meta.dirname, "../..");
const manifest = JSON.parse(readFileSync(path.join(repository, "package.json"), "utf8")) as {
  version: string;
  devDependencies: Record<string, string>;
  exports: Record<string, unknown>;
};
/** An installation from the registry may be slow. */
const INSTALL_TIMEOUT_MS = 300_000;

// `npm test` has built `dist/`, so packing need not.
let folder: string;
let tarball: string;
let packed: string[];
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "talktrace-package-"));
  const output = npm(
    repository,
    "pack",
    "--ignore-scripts",
    "--json",
    "--pack-destination",
    folder,
  );
  const [{ filename, files }] = JSON.parse(output) as [
    { filename: string; files: { path: string }[] },
  ];
  tarball = path.join(folder, filename);
  packed = files.map((file) => file.path);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function npm(cwd: string, ...parameters: string[]): string {
  return execFileSync("npm", parameters, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** What a program prints; its errors show in the failure. */
function node(cwd: string, ...parameters: string[]): string {
  return execFileSync(process.execPath, parameters, { cwd, encoding: "utf8" });
}

describe("the packed tarball", () => {
  test("holds the licence, the schema, the types and what runs", () => {
    const expected = [
      "LICENSE",
      "README.md",
      "package.json",
      "docs/conversation.schema.json",
      "dist/src/index.js",
      "dist/src/index.d.ts",
      "dist/src/cli/main.js",
      "dist/otel/index.js",
      "dist/src/record/index.js",
      "dist/src/store/index.js",
    ];
    expect(expected.filter((file) => !packed.includes(file))).toEqual([]);
  });

  test("holds nothing else: no tests, no recordings, no settings of this checkout", () => {
    const expected =
      /^(dist\/(src|otel)\/|src\/|otel\/|docs\/conversation\.schema\.json$|(LICENSE|README\.md|package\.json)$)/;
    expect(packed.filter((file) => !expected.test(file))).toEqual([]);
    expect(packed.filter((file) => /\.env|\.test\.|fixtures|conversation_\d/.test(file))).toEqual(
      [],
    );
  });

  test("has what runs beside every source, so that stack traces lead somewhere", () => {
    const sources = packed.filter((file) => /^(src|otel)\/.*\.ts$/.test(file));
    const unbuilt = sources.filter(
      (file) => !packed.includes(`dist/${file.replace(/\.ts$/, ".js")}`),
    );
    expect(sources).not.toEqual([]);
    expect(unbuilt).toEqual([]);
  });

  test("passes publint", async () => {
    const bytes = readFileSync(tarball);
    const { messages } = await publint({
      pack: { tarball: new Uint8Array(bytes).buffer },
      strict: true,
    });
    expect(messages.map((message) => formatMessage(message, manifest))).toEqual([]);
  });

  test("has types that are right for whoever can load it: ES modules and bundlers", async () => {
    const analysis = await checkPackage(
      createPackageFromTarballData(new Uint8Array(readFileSync(tarball))),
    );
    if (analysis.types === false) throw new Error("The package has no types");
    const problems = analysis.problems.filter(
      (problem) =>
        !("resolutionKind" in problem) ||
        (problem.resolutionKind !== "node10" && problem.resolutionKind !== "node16-cjs"),
    );
    expect(problems).toEqual([]);
    expect(Object.keys(analysis.entrypoints).toSorted()).toEqual(
      Object.keys(manifest.exports).toSorted(),
    );
  });
});

describe("installed in an empty project", () => {
  let project: string;
  beforeAll(() => {
    project = path.join(folder, "project");
    mkdirSync(project);
    writeFileSync(path.join(project, "package.json"), '{ "private": true, "type": "module" }\n');
    const agents = `@livekit/agents@${manifest.devDependencies["@livekit/agents"]}`;
    const quiet = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];
    npm(project, "install", ...quiet, tarball, agents);
  }, INSTALL_TIMEOUT_MS);

  test.each(["@livekit/agents", "@livekit/rtc-node", "@opentelemetry/api"])(
    "there is one copy of %s, which two copies would break",
    (name) => {
      const suffix = path.join("node_modules", name, "package.json");
      const copies = readdirSync(project, { recursive: true, encoding: "utf8" }).filter((file) =>
        file.endsWith(suffix),
      );
      expect(copies).toEqual([suffix]);
    },
  );

  test("a program that observes a session passes TypeScript's strict checks", () => {
    const program = `
      import type { voice } from "@livekit/agents";
      import { observe, startTelemetry } from "talktrace";
      import { ConversationExporter } from "talktrace/otel";
      import { openStore, readConversation, recoverConversations } from "talktrace/store";
      import { parseConversation, type Conversation } from "talktrace/record";

      export const observeSession: (session: voice.AgentSession) => unknown = observe;
      export const read: (text: string, name: string) => Conversation = parseConversation;
      export const rest = [startTelemetry, ConversationExporter, openStore, readConversation, recoverConversations];
      // These fail to be errors if the types were lost on the way and everything is \`any\`.
      // @ts-expect-error
      export const one: number = observe;
      // @ts-expect-error
      export const two: number = startTelemetry;
      // @ts-expect-error
      export const three: number = ConversationExporter;
      // @ts-expect-error
      export const four: number = openStore;
    `;
    writeFileSync(path.join(project, "program.ts"), program);
    const options = {
      strict: true,
      noEmit: true,
      target: "es2023",
      module: "nodenext",
      moduleResolution: "nodenext",
      skipLibCheck: true,
      typeRoots: [path.join(repository, "node_modules/@types")],
      types: ["node"],
    };
    writeFileSync(
      path.join(project, "tsconfig.json"),
      JSON.stringify({ compilerOptions: options, files: ["program.ts"] }),
    );
    const tsc = path.join(repository, "node_modules/typescript/lib/tsc.js");
    expect(diagnose(() => node(project, tsc, "--project", project))).toBe("");
  });

  test.each([
    ["talktrace", ["observe", "startTelemetry"]],
    ["talktrace/otel", ["ConversationExporter"]],
    ["talktrace/store", ["openStore", "readConversation", "recoverConversations"]],
    ["talktrace/record", ["parseConversation", "summarize", "toTimestamp"]],
  ])("plain Node imports %s and finds %j", (entry, names) => {
    const program = `console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(entry)}))))`;
    const exported = JSON.parse(
      node(project, "--input-type=module", "--eval", program),
    ) as string[];
    expect(exported).toEqual(expect.arrayContaining(names));
  });

  test("reading a conversation finds the schema in the package", () => {
    const program = `
      import { parseConversation } from "talktrace/record";
      console.log(parseConversation("[]", "old.json").format);
    `;
    expect(node(project, "--input-type=module", "--eval", program)).toBe("1\n");
  });

  test("the command `talktrace` runs", () => {
    const command = path.join(project, "node_modules/.bin/talktrace");
    expect(node(project, command, "--version")).toBe(`${manifest.version}\n`);
  });
});

/** What the compiler prints: a failing one says why on stdout. */
function diagnose(run: () => string): string {
  try {
    return run();
  } catch (error) {
    if (error instanceof Error && "stdout" in error) return String(error.stdout);
    throw error;
  }
}

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CONVERSATION_FORMAT } from "../../src/record/conversation.js";
import {
  type PackedPackage,
  manifest,
  npm,
  packPackage,
  repository,
} from "./support/pack-package.js";

/** What a program prints; its errors show in the failure. */
function node(cwd: string, ...parameters: string[]): string {
  return execFileSync(process.execPath, parameters, { cwd, encoding: "utf8" });
}

let packed: PackedPackage;
let project: string;
beforeAll(() => {
  packed = packPackage();
  project = path.join(packed.folder, "project");
  mkdirSync(project);
  writeFileSync(path.join(project, "package.json"), '{ "private": true, "type": "module" }\n');
  const agents = `@livekit/agents@${manifest.devDependencies["@livekit/agents"]}`;
  const quiet = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  npm(project, "install", ...quiet, packed.tarball, agents);
});
afterAll(() => packed.remove());

test.each(["@livekit/agents", "@livekit/rtc-node", "@opentelemetry/api"])(
  "an installation has one copy of %s, because two copies would break it",
  (name) => {
    const suffix = path.join("node_modules", name, "package.json");
    const copies = readdirSync(project, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(suffix),
    );
    expect(copies).toEqual([suffix]);
  },
);

test("a program that observes a session passes TypeScript's strict checks against the installed types", () => {
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
])("plain Node imports %s from an installation and finds %j", (entry, names) => {
  const program = `console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(entry)}))))`;
  const exported = JSON.parse(node(project, "--input-type=module", "--eval", program)) as string[];
  expect(exported).toEqual(expect.arrayContaining(names));
});

test("parseConversation() of an installation finds the schema in the package", () => {
  const program = `
    import { parseConversation } from "talktrace/record";
    console.log(parseConversation("[]", "old.json").format);
  `;
  expect(node(project, "--input-type=module", "--eval", program)).toBe(`${CONVERSATION_FORMAT}\n`);
});

test("the command `talktrace` of an installation prints its version", () => {
  const command = path.join(project, "node_modules/.bin/talktrace");
  expect(node(project, command, "--version")).toBe(`${manifest.version}\n`);
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

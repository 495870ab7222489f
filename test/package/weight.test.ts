import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type PackedPackage,
  manifest,
  npm,
  packPackage,
  repository,
} from "./support/pack-package.js";

/** An installation from the registry may be slow. */
const INSTALL_TIMEOUT_MS = 300_000;
const MAX_PACKAGES = 30;
const MAX_MEGABYTES = 15;

/** What LiveKit's starter for Node installs, with the plugins that the demo uses. */
const LIVEKIT = [
  "@livekit/agents",
  "@livekit/agents-plugin-cartesia",
  "@livekit/agents-plugin-deepgram",
  "@livekit/agents-plugin-openai",
  "@livekit/rtc-node",
].map((name) => `${name}@${manifest.devDependencies[name]}`);

interface Weight {
  packages: number;
  megabytes: number;
}

let packed: PackedPackage;
let project: string;
let alone: Weight;
let together: Weight;

function weigh(): Weight {
  const lock = readFileSync(path.join(project, "node_modules/.package-lock.json"), "utf8");
  const { packages } = JSON.parse(lock) as { packages: object };
  const bytes = readdirSync(project, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(path.join(entry.parentPath, entry.name)).size);
  return {
    packages: Object.keys(packages).length,
    megabytes: bytes.reduce((sum, size) => sum + size, 0) / 1e6,
  };
}

beforeAll(() => {
  packed = packPackage();
  project = path.join(packed.folder, "project");
  mkdirSync(project);
  writeFileSync(path.join(project, "package.json"), '{ "private": true, "type": "module" }\n');
  const quiet = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  npm(project, "install", ...quiet, ...LIVEKIT);
  alone = weigh();
  npm(project, "install", ...quiet, packed.tarball);
  together = weigh();
}, INSTALL_TIMEOUT_MS);
afterAll(() => packed.remove());

test(`beside LiveKit an installation adds at most ${MAX_PACKAGES} packages and ${MAX_MEGABYTES} MB`, () => {
  expect(together.packages - alone.packages).toBeGreaterThan(0);
  expect(together.packages - alone.packages).toBeLessThanOrEqual(MAX_PACKAGES);
  expect(together.megabytes - alone.megabytes).toBeLessThanOrEqual(MAX_MEGABYTES);
});

test("an installation has no second copy of what LiveKit brings, and not the OpenTelemetry Node SDK", () => {
  const nested = path.join(project, "node_modules/talktrace/node_modules");
  const own = existsSync(nested) ? readdirSync(nested) : [];
  // LiveKit has an older commander for its own command line.
  expect(own.filter((name) => !name.startsWith("."))).toEqual(["commander"]);
  expect(existsSync(path.join(project, "node_modules/@opentelemetry/sdk-node"))).toBe(false);
});

/** The packages whose files an import loads, beyond those that LiveKit has loaded. */
function listLoaded(...entries: string[]): string[] {
  const program = path.join(repository, "test/package/support/loaded-modules.mjs");
  const output = execFileSync(process.execPath, [program, project, "@livekit/agents", ...entries], {
    cwd: project,
    encoding: "utf8",
    env: { ...process.env, LIST_MODULES: "1" },
  });
  const [, ...imports] = JSON.parse(output) as { files: string[] }[];
  const names = imports.flatMap(({ files }) => files.map(packageOf));
  return [...new Set(names)].toSorted();
}

function packageOf(file: string): string {
  const [name = "", inner = ""] = file.slice(file.lastIndexOf("node_modules/") + 13).split("/");
  return name.startsWith("@") ? `${name}/${inner}` : name;
}

test('`import "talktrace"` loads nothing beyond LiveKit but TalkTrace, so neither ajv, zod, ws, hono, preact nor a command line', () => {
  expect(listLoaded("talktrace")).toEqual(["talktrace"]);
});

test("what only a reader of files needs is loaded by a reader of files", () => {
  const program = `
    import { createRequire } from "node:module";
    const { parseConversation } = await import("talktrace/record");
    const { cache } = createRequire(import.meta.url);
    const isLoaded = () => Object.keys(cache).some((file) => file.includes("/node_modules/ajv/"));
    const before = isLoaded();
    parseConversation("[]", "old.json");
    console.log(before, isLoaded());
  `;
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: project,
    encoding: "utf8",
  });
  expect(output).toBe("false true\n");
});

test(
  "the demo of an installation without the Node SDK holds a call and writes its record",
  { timeout: INSTALL_TIMEOUT_MS },
  () => {
    const command = path.join(project, "node_modules/.bin/talktrace");
    execFileSync(process.execPath, [command, "demo", "--rate", "16", "--directory", "calls"], {
      cwd: project,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, OTEL_TRACES_EXPORTER: "none" },
    });
    const [name = ""] = readdirSync(path.join(project, "calls")).filter((file) =>
      file.endsWith(".json"),
    );
    const { session, conversation } = JSON.parse(
      readFileSync(path.join(project, "calls", name), "utf8"),
    ) as { session: { status: string }; conversation: unknown[] };
    expect(session.status).toBe("complete");
    expect(conversation.length).toBeGreaterThan(8);
  },
);

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  checkArchitecture,
  findImports,
  readInnerRooms,
  readRooms,
} from "../support/architecture.js";

const repository = path.resolve(import.meta.dirname, "../..");

test("the code keeps to the rooms of ARCHITECTURE.md", () => {
  const rooms = readRooms(readFileSync(path.join(repository, "ARCHITECTURE.md"), "utf8"));
  expect(rooms.map(({ name }) => name)).toEqual([
    "src/platform",
    "src/record",
    "otel",
    "src/store",
    "src/source",
    "src/insight",
    "src/config",
    "src/export",
    "src/import",
    "src/viewer",
    "src/livekit",
    "src/agent",
    "src/demo",
    "src/cli",
    "src/index.ts",
  ]);
  expect(checkArchitecture(repository, [...rooms, ...readInnerRooms(repository)])).toEqual([]);
});

test("`findImports()` finds every way in which a module names another", () => {
  const source = `
    import a from "./a.js";
    import type { B } from "./b.js";
    import "./c.js";
    export * from "./d.js";
    export { type E } from "./e.js";
    const f = await import("./f.js");
    const g = import(\`./g.js\`);
    type H = typeof import("./h.js");
    const i = require("./i.js");
    import j = require("./j.js");
    const k = new Worker(new URL("./k.js", import.meta.url));
    const l = import(\`./\${name}.js\`);
    // import "./comment.js";
    const text = 'import "./text.js"';
    const data = new URL("./data.wav", import.meta.url);
    export { a };
  `;
  expect(findImports(source).map(({ specifier }) => specifier)).toEqual([
    "./a.js",
    "./b.js",
    "./c.js",
    "./d.js",
    "./e.js",
    "./f.js",
    "./g.js",
    "./h.js",
    "./i.js",
    "./j.js",
    "./k.js",
    undefined,
  ]);
});

describe("`checkArchitecture()` on a made-up house", () => {
  const table = `
| Room | Side | What lives there | May import |
|---|---|---|---|
| \`src/record\` | both | the contract | nothing local |
| \`otel\` | write | spans | \`src/record\` |
| \`src/livekit\` | write | hooks | \`otel\`, \`src/record\` |
| \`src/cli\` | read | commands | \`src/record\` |
| \`src/index.ts\` | both | the entry | \`src/livekit\` |
`;
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(path.join(os.tmpdir(), "talktrace-house-"));
    build({
      "src/record/index.ts": "export const record = 1;",
      "otel/index.ts": 'export * from "../src/record/index.js";',
      "src/livekit/index.ts": 'import "@livekit/agents"; import "../../otel/index.js";',
      "src/cli/main.ts": 'import "node:fs"; import "../record/index.js"; import "./other.js";',
      "src/cli/other.ts": "",
      "src/index.ts": 'export * from "./livekit/index.js";',
    });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function build(files: Record<string, string>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      writeFileSync(path.join(root, name), text);
    }
  }

  test("finds nothing where everybody keeps to the table", () => {
    expect(checkArchitecture(root, readRooms(table))).toEqual([]);
  });

  test.each([
    [
      "an import",
      "src/record/x.ts",
      '\nimport { a } from "../../otel/index.js";',
      "src/record/x.ts:2 imports otel/index.js, and src/record may import nothing local",
    ],
    [
      "a type import",
      "otel/x.ts",
      'import type { A } from "../src/cli/main.js";',
      "otel/x.ts:1 imports src/cli/main.js, and otel may import src/record",
    ],
    [
      "a re-export",
      "src/livekit/x.ts",
      'export { a } from "../cli/main.js";',
      "src/livekit/x.ts:1 imports src/cli/main.js, and src/livekit may import otel, src/record",
    ],
    [
      "a dynamic import",
      "otel/x.ts",
      'const a = await import("../src/livekit/index.js");',
      "otel/x.ts:1 imports src/livekit/index.js, and otel may import src/record",
    ],
    [
      "a computed import",
      "otel/x.ts",
      "await import(process.argv[2]);",
      "otel/x.ts:1 imports a path that is computed",
    ],
    [
      "LiveKit in a room that has to do without",
      "src/cli/x.ts",
      'import type { Room } from "@livekit/rtc-node";',
      "src/cli/x.ts:1 imports @livekit/rtc-node, which only src/livekit, src/agent, src/demo may",
    ],
    [
      "the package by its own name",
      "otel/x.ts",
      'import "talktrace/store";',
      "otel/x.ts:1 imports talktrace/store, the package itself",
    ],
    [
      "something outside the rooms",
      "otel/x.ts",
      'import "../test/support/x.js";',
      "otel/x.ts:1 imports test/support/x.js, which is in no room",
    ],
    [
      "an absolute path",
      "otel/x.ts",
      'import "file:///tmp/x.js";',
      "otel/x.ts:1 imports file:///tmp/x.js, an absolute path",
    ],
    [
      "the entry from inside",
      "src/livekit/x.ts",
      'import "../index.js";',
      "src/livekit/x.ts:1 imports src/index.js, and src/livekit may import otel, src/record",
    ],
  ])("finds %s", (_what, file, text, violation) => {
    build({ [file]: text });
    expect(checkArchitecture(root, readRooms(table))).toEqual([violation]);
  });

  describe("with rooms within a room", () => {
    const row = (name: string, imports: string) =>
      `| Room | Side | What lives there | May import |\n|---|---|---|---|\n| \`${name}\` | write | a | ${imports} |\n`;
    beforeEach(() =>
      build({
        "src/livekit/index.ts": 'import "./text/cut.js"; import "./speech/speech.js";',
        "src/livekit/text/README.md": row("src/livekit/text", "nothing local"),
        "src/livekit/text/cut.ts": "export const cut = 1;",
        "src/livekit/speech/README.md": row("src/livekit/speech", "`src/livekit/text`, `otel`"),
        "src/livekit/speech/speech.ts": 'import "../text/cut.js"; import "../../../otel/index.js";',
      }),
    );
    const check = () => checkArchitecture(root, [...readRooms(table), ...readInnerRooms(root)]);

    test("finds nothing where each keeps to the row of its README", () => {
      expect(check()).toEqual([]);
    });

    test("finds an import that the row of the README does not name", () => {
      build({ "src/livekit/text/other.ts": 'import "../speech/speech.js"; import "../index.js";' });
      expect(check()).toEqual([
        "src/livekit/text/other.ts:1 imports src/livekit/speech/speech.js, and src/livekit/text may import nothing local",
        "src/livekit/text/other.ts:1 imports src/livekit/index.js, and src/livekit/text may import nothing local",
      ]);
    });

    test("finds values of LiveKit in a room that may have its types only", () => {
      build({
        "src/livekit/text/other.ts":
          'import type { a } from "@livekit/agents"; import { type b, c } from "@livekit/agents";',
      });
      expect(check()).toEqual([
        "src/livekit/text/other.ts:1 imports values of @livekit/agents, which only src/livekit, src/livekit/instrumentation, src/livekit/livekit-facts may",
      ]);
    });

    test("finds a folder without a README", () => {
      build({ "src/livekit/latency/marks.ts": "" });
      expect(check()).toEqual([
        "src/livekit/latency has no README with its row of the rooms table",
      ]);
    });

    test("finds a row that allows more than the room around it may import", () => {
      build({ "src/livekit/text/README.md": row("src/livekit/text", "`src/cli`") });
      expect(check()).toEqual([
        "src/livekit/text may import src/cli, which is no room, or more than the room around it may",
      ]);
    });
  });

  test("finds a folder and a file that are no rooms", () => {
    build({ "src/utils/x.ts": "", "src/stray.ts": "" });
    expect(checkArchitecture(root, readRooms(table)).toSorted()).toEqual([
      "src/stray.ts belongs to no room",
      "src/stray.ts is in no row of the rooms table",
      "src/utils is in no row of the rooms table",
      "src/utils/x.ts belongs to no room",
    ]);
  });

  test("finds a room that is not there, and one that nobody declared", () => {
    const row = "| `src/viewer` | read | pages | `src/insight` |\n";
    expect(checkArchitecture(root, readRooms(table + row))).toEqual([
      "src/viewer does not exist",
      "src/viewer may import src/insight, which is no room",
    ]);
  });

  test("finds a table that lets the write side reach the read side by a detour", () => {
    const lax = table.replace("nothing local", "`src/cli`");
    expect(checkArchitecture(root, readRooms(lax))).toEqual([
      "otel writes, and may reach src/cli, which reads",
      "src/livekit writes, and may reach src/cli, which reads",
    ]);
  });
});

import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { ImportDeclaration, Span } from "@oxc-project/types";
import { Visitor } from "rolldown/utils";
import { parseModule, readString } from "./syntax-tree.js";

/** A row of the rooms table in ARCHITECTURE.md. */
export interface Room {
  /** A folder or a file, from the repository's root. */
  name: string;
  side: string;
  mayImport: string[];
}

export interface Import {
  /** As it is written, or `undefined` where it is computed and nobody can tell. */
  specifier: string | undefined;
  line: number;
  /** Whether only types come from there, so that nothing is loaded. */
  isType: boolean;
}

const ROW = /^\|\s*`([^`]+)`\s*\|\s*(\w+)\s*\|[^|]*\|([^|]*)\|$/gm;
const LIVEKIT_ROOMS = ["src/livekit", "src/agent", "src/demo"];
/** Where values of `@livekit/*` may be imported within `src/livekit`; types may be anywhere in it. */
const LIVEKIT_VALUE_ROOMS = [
  "src/livekit",
  "src/livekit/instrumentation",
  "src/livekit/livekit-facts",
];
/** The name under which this package is installed: importing it from inside would go round the table. */
const OWN_NAME = "talktrace";

/** Reads the rows `| room | side | what | may import |` of a Markdown table. */
export function readRooms(markdown: string): Room[] {
  return [...markdown.matchAll(ROW)].map(([, name = "", side = "", imports = ""]) => ({
    name,
    side,
    mayImport: [...imports.matchAll(/`([^`]+)`/g)].map(([, room = ""]) => room),
  }));
}

/** Reads the row of each room within a room from its README, `src/livekit/text/README.md` for one. */
export function readInnerRooms(root: string): Room[] {
  return listFolders(root).flatMap((folder) => {
    const readme = path.join(root, folder, "README.md");
    return existsSync(readme) ? readRooms(readFileSync(readme, "utf8")) : [];
  });
}

/** Folders within the rooms that hold TypeScript files: `src/livekit/text`, `otel/spool`. */
function listFolders(root: string): string[] {
  const folders = new Set(listSources(root).map((file) => path.posix.dirname(file)));
  return [...folders].filter((folder) => !isOuter(folder)).toSorted();
}

/** `otel` and `src/livekit` are rooms of ARCHITECTURE.md; what lies deeper is within one. */
function isOuter(name: string): boolean {
  return name === "src" || name === "otel" || /^src\/[^/]+$/.test(name);
}

/** Finds everything by which a module names another: statements, types, calls and worker files. */
export function findImports(source: string, fileName = "module.ts"): Import[] {
  const { program, lineAt } = parseModule(source, fileName);
  const imports: Import[] = [];
  const add = (node: Span, specifier: string | undefined, isType = false): void => {
    imports.push({ line: lineAt(node.start), isType, specifier });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node, node.source.value, isTypeImport(node)),
    ExportNamedDeclaration: (node) => {
      if (node.source) add(node, node.source.value, node.exportKind === "type");
    },
    ExportAllDeclaration: (node) => add(node, node.source.value, node.exportKind === "type"),
    TSExternalModuleReference: (node) => add(node, readString(node.expression)),
    TSImportType: (node) => add(node, readString(node.source), true),
    ImportExpression: (node) => add(node, readString(node.source)),
    CallExpression: (node) => {
      if (node.callee.type === "Identifier" && node.callee.name === "require")
        add(node, readString(node.arguments[0]));
    },
    NewExpression: (node) => {
      const name = readString(node.arguments[0]);
      const base = node.arguments[1];
      const isOfThisModule =
        base !== undefined && source.slice(base.start, base.end) === "import.meta.url";
      // `new URL("./worker.js", import.meta.url)` names a module too, a data file not.
      if (isOfThisModule && name !== undefined && /\.[cm]?[jt]s$/.test(name)) add(node, name);
    },
  }).visit(program);
  return imports;
}

/** `import type { A }`, or each name with a `type` of its own. */
function isTypeImport({ importKind, specifiers }: ImportDeclaration): boolean {
  if (importKind === "type") return true;
  return (
    specifiers.length > 0 &&
    specifiers.every((name) => name.type === "ImportSpecifier" && name.importKind === "type")
  );
}

/** Holds `src/` and `otel/` below `root` to the rooms; gives a sentence for each violation. */
export function checkArchitecture(root: string, rooms: readonly Room[]): string[] {
  return [
    ...checkTable(
      root,
      rooms.filter(({ name }) => isOuter(name)),
    ),
    ...checkInnerRooms(root, rooms),
    ...listSources(root).flatMap((f) => checkFile(root, f, rooms)),
  ];
}

/** TypeScript files of `src/` and `otel/`, from the root, with forward slashes. */
export function listSources(root: string): string[] {
  return ["src", "otel"].flatMap((top) =>
    existsSync(path.join(root, top))
      ? readdirSync(path.join(root, top), { recursive: true, encoding: "utf8" })
          .filter((name) => /\.[cm]?tsx?$/.test(name))
          .map((name) => path.posix.join(top, name.split(path.sep).join("/")))
      : [],
  );
}

function checkTable(root: string, rooms: readonly Room[]): string[] {
  const violations: string[] = [];
  const named = new Map(rooms.map((room) => [room.name, room]));
  for (const room of rooms) {
    if (!existsSync(path.join(root, room.name))) violations.push(`${room.name} does not exist`);
    for (const name of room.mayImport) {
      if (!named.has(name)) violations.push(`${room.name} may import ${name}, which is no room`);
    }
    if (room.side !== "write") continue;
    for (const reached of reachableFrom(room, named)) {
      if (reached.side === "read") {
        violations.push(`${room.name} writes, and may reach ${reached.name}, which reads`);
      }
    }
  }
  for (const entry of readdirSync(path.join(root, "src"), { withFileTypes: true })) {
    const name = `src/${entry.name}`;
    if (!named.has(name)) violations.push(`${name} is in no row of the rooms table`);
  }
  return violations;
}

function checkInnerRooms(root: string, rooms: readonly Room[]): string[] {
  const inner = rooms.filter(({ name }) => !isOuter(name));
  const missing = listFolders(root)
    .filter((folder) => !inner.some(({ name }) => name === folder))
    .map((folder) => `${folder} has no README with its row of the rooms table`);
  const tooMuch = inner.flatMap(({ name, mayImport }) =>
    mayImport
      .filter((to) => !mayImportOutside(name, to, rooms))
      .map(
        (to) => `${name} may import ${to}, which is no room, or more than the room around it may`,
      ),
  );
  return [...missing, ...tooMuch];
}

/** An inner room may import rooms beside it, and what the room around it may import. */
function mayImportOutside(name: string, to: string, rooms: readonly Room[]): boolean {
  const around = outerOf(name);
  const target = rooms.find((room) => room.name === to);
  if (target === undefined) return false;
  const outer = rooms.find((room) => room.name === around);
  return outerOf(to) === around || outer?.mayImport.includes(outerOf(to)) === true;
}

/** The room of ARCHITECTURE.md that a room or a file is in. */
function outerOf(name: string): string {
  return name.startsWith("otel/") ? "otel" : name.split("/").slice(0, 2).join("/");
}

function reachableFrom(room: Room, named: ReadonlyMap<string, Room>): Set<Room> {
  const reached = new Set<Room>([room]);
  // A set visits what is added to it while it is being walked.
  for (const { mayImport } of reached) {
    for (const name of mayImport) {
      const next = named.get(name);
      if (next !== undefined) reached.add(next);
    }
  }
  return reached;
}

function checkFile(root: string, file: string, rooms: readonly Room[]): string[] {
  const home = roomOf(file, rooms);
  if (home === undefined) return [`${file} belongs to no room`];
  const source = readFileSync(path.join(root, file), "utf8");
  return findImports(source, file).flatMap(({ specifier, line, isType }) => {
    const fault = faultOf(file, home, specifier, rooms) ?? livekitFaultOf(home, specifier, isType);
    return fault === undefined ? [] : [`${file}:${line} ${fault}`];
  });
}

function faultOf(
  file: string,
  home: Room,
  specifier: string | undefined,
  rooms: readonly Room[],
): string | undefined {
  if (specifier === undefined) return "imports a path that is computed";
  if (specifier.startsWith("@livekit/") && !LIVEKIT_ROOMS.includes(outerOf(home.name))) {
    return `imports ${specifier}, which only ${LIVEKIT_ROOMS.join(", ")} may`;
  }
  if (specifier === OWN_NAME || specifier.startsWith(`${OWN_NAME}/`)) {
    return `imports ${specifier}, the package itself`;
  }
  if (/^(\/|[a-z]:|file:)/i.test(specifier) && !specifier.startsWith("node:")) {
    return `imports ${specifier}, an absolute path`;
  }
  if (!specifier.startsWith(".")) return undefined;
  const target = path.posix.join(path.posix.dirname(file), specifier);
  const room = roomOf(target.replace(/\.([cm]?)js$/, ".$1ts"), rooms);
  if (room === undefined) return `imports ${target}, which is in no room`;
  if (room === home || isAllowed(home, room)) return undefined;
  return `imports ${target}, and ${home.name} may import ${home.mayImport.join(", ") || "nothing local"}`;
}

/** LiveKit's code is loaded and wrapped in few places of `src/livekit`, so that a new version is met there. */
function livekitFaultOf(
  home: Room,
  specifier: string | undefined,
  isType: boolean,
): string | undefined {
  if (isType || specifier?.startsWith("@livekit/") !== true) return undefined;
  if (outerOf(home.name) !== "src/livekit" || LIVEKIT_VALUE_ROOMS.includes(home.name))
    return undefined;
  return `imports values of ${specifier}, which only ${LIVEKIT_VALUE_ROOMS.join(", ")} may`;
}

function isAllowed(home: Room, room: Room): boolean {
  const around = outerOf(room.name);
  // The files beside the inner rooms put them together. What is in another outer room is its own matter.
  if (home.name === around) return true;
  if (home.mayImport.includes(room.name)) return true;
  return around !== outerOf(home.name) && home.mayImport.includes(around);
}

/** The innermost room that a file is in. */
function roomOf(file: string, rooms: readonly Room[]): Room | undefined {
  return rooms
    .filter(({ name }) => file === name || file.startsWith(`${name}/`))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
}

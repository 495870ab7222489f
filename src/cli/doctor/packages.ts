import { readFile, readdir, realpath } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { readPackageFile } from "../../record/index.js";
import type { DoctorCheck } from "./doctor-check.js";

const WATCHED = ["@opentelemetry/api", "@livekit/agents", "@livekit/rtc-node", "talktrace"];
/** A second copy of one of these is another module with its own state. */
const HAVE_STATE = ["@opentelemetry/api", "@livekit/agents"];
const DEEPEST = 8;

interface Manifest {
  version: string;
  engines: { node: string };
  peerDependencies: Record<string, string>;
}

/** The versions of the running software, and packages that must not be installed twice. */
export async function examinePackages(project: string): Promise<DoctorCheck[]> {
  const own = JSON.parse(readPackageFile("package.json")) as Manifest;
  const copies = await findCopies(project);
  const node = process.versions.node;
  const isFitting = own.engines.node.split("||").some((range) => satisfies(node, range.trim()));
  return [
    {
      what: "node",
      outcome: isFitting ? "ok" : "warn",
      fact: `Node ${node}, TalkTrace ${own.version}, ${process.platform} ${process.arch}`,
      ...(!isFitting && { way_out: `TalkTrace is tested with Node ${own.engines.node}` }),
    },
    ...WATCHED.filter((name) => name !== "talktrace" || (copies.get(name)?.length ?? 0) > 1).map(
      (name) => describeCopies(name, copies.get(name) ?? [], own.peerDependencies[name], project),
    ),
  ];
}

interface Copy {
  path: string;
  version: string;
}

function describeCopies(
  name: string,
  copies: readonly Copy[],
  range: string | undefined,
  project: string,
): DoctorCheck {
  const [first] = copies;
  if (first === undefined)
    return {
      what: name,
      outcome: "warn",
      fact: `not installed below "${resolve(project)}"`,
      way_out: "name the agent's folder with --project; who only reads calls needs it not",
    };
  const versions = [...new Set(copies.map(({ version }) => version))].join(" and ");
  if (copies.length > 1 && HAVE_STATE.includes(name))
    return {
      what: name,
      outcome: "warn",
      fact: `${copies.length} copies (${versions}): ${copies.map(({ path }) => path).join(", ")}`,
      way_out: `npm dedupe, or an override of "${name}", so that all code shares one`,
    };
  const unfit = copies.find(({ version }) => range !== undefined && !satisfies(version, range));
  if (unfit !== undefined)
    return {
      what: name,
      outcome: "warn",
      fact: `${unfit.version}, and TalkTrace is tested with ${range}`,
      way_out: `install a version in ${range}`,
    };
  return { what: name, outcome: "ok", fact: versions };
}

/** Every copy of the watched packages below a project and above it, each once. */
async function findCopies(project: string): Promise<Map<string, Copy[]>> {
  const copies = new Map<string, Copy[]>();
  const seen = new Set<string>();
  const take = async (folder: string, depth: number): Promise<void> => {
    for (const { name, path } of await listPackages(folder)) {
      const real = await realpath(path).catch(() => undefined);
      if (real === undefined || seen.has(real)) continue;
      seen.add(real);
      if (WATCHED.includes(name)) {
        const version = await readVersion(real);
        if (version !== undefined)
          copies.set(name, [...(copies.get(name) ?? []), { path: real, version }]);
      }
      if (depth < DEEPEST) await take(join(real, "node_modules"), depth + 1);
    }
  };
  for (let folder = resolve(project); ; folder = dirname(folder)) {
    await take(join(folder, "node_modules"), 0);
    // pnpm keeps the dependencies of packages there.
    for (const name of await list(join(folder, "node_modules", ".pnpm")))
      await take(join(folder, "node_modules", ".pnpm", name, "node_modules"), DEEPEST);
    if (dirname(folder) === folder) return copies;
  }
}

async function listPackages(folder: string): Promise<{ name: string; path: string }[]> {
  const found: { name: string; path: string }[] = [];
  for (const name of await list(folder)) {
    if (name.startsWith(".")) continue;
    if (!name.startsWith("@")) found.push({ name, path: join(folder, name) });
    else
      for (const inner of await list(join(folder, name)))
        found.push({ name: `${name}/${inner}`, path: join(folder, name, inner) });
  }
  return found;
}

async function list(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
}

async function readVersion(folder: string): Promise<string | undefined> {
  try {
    const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
      version?: unknown;
    };
    return typeof version === "string" ? version : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a version is in a range such as `>=1.7.0 <1.10.0` or `^0.13.34`. A pre-release part is
 * ignored. Pure.
 */
export function satisfies(version: string, range: string): boolean {
  return range.split(" ").every((part) => {
    const [, sign = "", bound = ""] = /^(>=|<|\^)?(\d+(?:\.\d+)*)$/.exec(part) ?? [];
    const difference = compare(version, bound);
    if (sign === "<") return difference < 0;
    if (sign === ">=") return difference >= 0;
    if (sign === "") return difference === 0;
    return difference >= 0 && compare(version, nextBreaking(bound)) < 0;
  });
}

/** The version before which `^` ends: the first part that is not 0 is increased. */
function nextBreaking(bound: string): string {
  const parts = bound.split(".").map(Number);
  const at = Math.max(
    0,
    parts.findIndex((part) => part > 0),
  );
  return [...parts.slice(0, at), (parts[at] ?? 0) + 1].join(".");
}

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((each) => (each.split("-")[0] ?? "").split(".").map(Number));
  for (let at = 0; at < 3; at += 1) {
    const difference = (left?.[at] ?? 0) - (right?.[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

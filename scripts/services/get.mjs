/**
 * Builds the servers that `npm run test:services` talks to, each once, into a cache outside the
 * repository. Needs Go and its module proxy; a server that is there already is used as it is.
 *
 *   node scripts/services/get.mjs            builds what is missing
 *   node scripts/services/get.mjs --where    prints the paths as JSON, or fails and says what to do
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";

const SERVERS = [
  {
    name: "livekit-server",
    version: "1.13.5",
    package: "github.com/livekit/livekit-server/cmd/server",
    variable: "TALKTRACE_LIVEKIT_SERVER",
    minutes: 2,
  },
  {
    name: "jaeger",
    version: "1.76.0",
    package: "github.com/jaegertracing/jaeger/cmd/jaeger",
    variable: "TALKTRACE_JAEGER",
    minutes: 3,
  },
];

const GO_NEEDED = "1.26";

const cache = join(
  process.env.XDG_CACHE_HOME || join(homedir(), ".cache"),
  "talktrace",
  "services",
);

/** The path of a server: the one that its variable names, else the one in the cache, built or not. */
function locate({ name, version, variable }) {
  const own = process.env[variable];
  return own ? resolve(own) : join(cache, `${name}-${version}`, name);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    // `accessSync` lets folders pass, because X_OK of a folder means that one may enter it.
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function fail(...lines) {
  process.stderr.write(`${lines.join("\n")}\n`);
  process.exit(1);
}

function describeNoProgram(server) {
  return `${server.variable} names "${locate(server)}", which is no program`;
}

function printPaths() {
  const missing = SERVERS.filter((server) => !isProgram(locate(server)));
  if (missing.length > 0) {
    fail(
      ...missing.map((server) =>
        process.env[server.variable]
          ? describeNoProgram(server)
          : `Cannot find ${server.name} at "${locate(server)}"`,
      ),
      "Run `npm run services:get` to build what is missing",
    );
  }
  const paths = Object.fromEntries(SERVERS.map((server) => [server.name, locate(server)]));
  process.stdout.write(`${JSON.stringify(paths)}\n`);
}

function checkGo() {
  const { status, stdout } = spawnSync("go", ["version"], { encoding: "utf8" });
  const found = /go(\d+)\.(\d+)/.exec(stdout ?? "");
  const [major, minor] = GO_NEEDED.split(".").map(Number);
  const isNewEnough =
    status === 0 &&
    found !== null &&
    (Number(found[1]) > major || (Number(found[1]) === major && Number(found[2]) >= minor));
  // From 1.21 on an older Go fetches a newer one by itself, unless it was told not to.
  if (isNewEnough || (found !== null && Number(found[2]) >= 21 && !isPinned())) return;
  fail(
    found === null
      ? "Cannot build the servers: Go is not installed"
      : `Cannot build the servers: Go ${GO_NEEDED} is needed, and this is ${found[0]}`,
    `Either install Go ${GO_NEEDED} or newer (https://go.dev/dl) and run this again,`,
    "or name servers that you have:",
    ...SERVERS.map((each) => `  ${each.variable}=/path/to/${each.name} (${each.version})`),
    "or let the tests use servers that run already: docs/services.md tells how",
  );
}

function isPinned() {
  const { stdout } = spawnSync("go", ["env", "GOTOOLCHAIN"], { encoding: "utf8" });
  return stdout.trim() === "local";
}

/** Builds a server. The module's go.mod and go.sum pin every package that goes in. */
async function build(server) {
  const path = locate(server);
  process.stdout.write(
    `Building ${server.name} ${server.version}: about ${server.minutes} minutes on two cores\n`,
  );
  mkdirSync(dirname(path), { recursive: true });
  // Built aside and renamed at the end, so that an interrupted build leaves no half program.
  const unfinished = `${path}.${process.pid}`;
  const startedMs = Date.now();
  const flags = ["-v", "-trimpath", "-mod=readonly", "-buildvcs=false", "-ldflags=-s -w"];
  const go = spawn("go", ["build", ...flags, "-o", unfinished, server.package], {
    cwd: join(import.meta.dirname, server.name),
    stdio: ["ignore", "inherit", "pipe"],
  });
  // Waits for both at once, because a Go that does not start emits an error and no output.
  const [closed, complaints] = await Promise.all([
    once(go, "close"),
    showProgress(go.stderr),
  ]).catch(
    /** @param {unknown} error */
    (error) => fail(`Cannot build ${server.name}: ${String(error)}`),
  );
  const [status] = closed;
  if (status !== 0) {
    rmSync(unfinished, { force: true });
    fail(`Cannot build ${server.name}:`, ...complaints);
  }
  renameSync(unfinished, path);
  process.stdout.write(`Built in ${Math.round((Date.now() - startedMs) / 1000)} s\n`);
}

/** Go prints a line for each module it fetches and each package it compiles: a thousand in all. */
async function showProgress(stderr) {
  const counts = { fetched: 0, compiled: 0 };
  const complaints = [];
  const timer = setInterval(() => {
    process.stdout.write(
      `  ${counts.fetched} modules fetched, ${counts.compiled} packages compiled\n`,
    );
  }, 10_000);
  for await (const line of createInterface({ input: stderr })) {
    if (line.startsWith("go: downloading ")) counts.fetched += 1;
    else if (/^[\w./~-]+$/.test(line)) counts.compiled += 1;
    else complaints.push(line);
  }
  clearInterval(timer);
  return complaints;
}

if (process.argv.includes("--where")) {
  printPaths();
} else {
  const missing = SERVERS.filter((server) => !isProgram(locate(server)));
  for (const server of missing) {
    if (process.env[server.variable]) fail(describeNoProgram(server));
  }
  if (missing.length > 0) checkGo();
  for (const server of missing) await build(server);
  for (const server of SERVERS) process.stdout.write(`${server.name}  ${locate(server)}\n`);
}

import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Program, dismissWatchdog, startProgram } from "./program.js";

/** Where the servers are. Plain data: it goes from the process that starts them to each test's. */
export interface Servers {
  livekit: { url: string; apiKey: string; apiSecret: string };
  jaeger: { otlpUrl: string; queryUrl: string };
}

const repository = path.resolve(import.meta.dirname, "../../..");
const PATIENCE_MS = 30_000;
const ANSWER_WITHIN_MS = 5000;
const NAMES = {
  livekitUrl: "TALKTRACE_SERVICES_LIVEKIT_URL",
  livekitKey: "TALKTRACE_SERVICES_LIVEKIT_API_KEY",
  livekitSecret: "TALKTRACE_SERVICES_LIVEKIT_API_SECRET",
  otlpUrl: "TALKTRACE_SERVICES_OTLP_URL",
  jaegerUrl: "TALKTRACE_SERVICES_JAEGER_URL",
} as const;

/**
 * Starts livekit-server and Jaeger on free ports of 127.0.0.1; or takes servers that run already,
 * such as containers, where the environment names them all.
 *
 * @throws Error that says what to do when there are none
 */
export async function startServers(): Promise<{ servers: Servers; stop(): Promise<void> }> {
  const running = findRunning();
  if (running !== undefined) {
    await checkRunning(running);
    return { servers: running, stop: async () => undefined };
  }

  const paths = locateServers();
  const folder = mkdtempSync(path.join(tmpdir(), "talktrace-servers-"));
  const programs: Program[] = [];
  const stop = async () => {
    await Promise.all(programs.map((program) => program.stop()));
    await dismissWatchdog();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const [livekit, jaeger] = await Promise.all([
      startLiveKit(paths["livekit-server"], folder, programs),
      startJaeger(paths.jaeger, programs),
    ]);
    return { servers: { livekit, jaeger }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function findRunning(): Servers | undefined {
  const given = Object.values(NAMES).filter((name) => process.env[name]);
  if (given.length === 0) return undefined;
  const missing = Object.values(NAMES).filter((name) => !process.env[name]);
  if (missing.length > 0) {
    throw new Error(`To use servers that run already, set ${missing.join(" and ")} as well`);
  }
  const value = (name: string) => (process.env[name] ?? "").replace(/\/+$/, "");
  return {
    livekit: {
      url: value(NAMES.livekitUrl),
      apiKey: value(NAMES.livekitKey),
      apiSecret: value(NAMES.livekitSecret),
    },
    jaeger: { otlpUrl: value(NAMES.otlpUrl), queryUrl: value(NAMES.jaegerUrl) },
  };
}

async function checkRunning({ livekit, jaeger }: Servers): Promise<void> {
  const noSpans = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
  const probes = [
    { name: NAMES.livekitUrl, url: livekit.url.replace(/^ws/, "http") },
    { name: NAMES.otlpUrl, url: `${jaeger.otlpUrl}/v1/traces`, request: noSpans },
    { name: NAMES.jaegerUrl, url: `${jaeger.queryUrl}/api/services` },
  ];
  const answered = await Promise.all(probes.map(({ url, request }) => answers(url, request)));
  const silent = probes.filter((_, index) => !answered[index]);
  if (silent.length === 0) return;
  throw new Error(
    silent.map(({ name, url }) => `No answer from "${url}", which ${name} leads to`).join("\n"),
  );
}

function locateServers(): { "livekit-server": string; jaeger: string } {
  const script = path.join(repository, "scripts/services/get.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "--where"], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr.trim());
  return JSON.parse(stdout) as { "livekit-server": string; jaeger: string };
}

async function startLiveKit(
  command: string,
  folder: string,
  programs: Program[],
): Promise<Servers["livekit"]> {
  const [port, tcpPort] = await findPorts(2);
  const apiKey = "services";
  const apiSecret = "a-secret-of-the-tests-on-loopback-only";
  const config = {
    port,
    bind_addresses: ["127.0.0.1"],
    keys: { [apiKey]: apiSecret },
    // A room that everybody has left ends its agent's job with it.
    room: { empty_timeout: 10, departure_timeout: 1 },
    logging: { level: "warn" },
    rtc: {
      tcp_port: tcpPort,
      udp_port: await findUdpPort(),
      use_external_ip: false,
      node_ip: "127.0.0.1",
      enable_loopback_candidate: true,
      interfaces: { includes: ["lo"] },
      ips: { includes: ["127.0.0.1/32"] },
    },
  };
  const file = path.join(folder, "livekit.yaml");
  // JSON is YAML as well.
  writeFileSync(file, JSON.stringify(config));
  const program = await startProgram(command, ["--config", file]);
  programs.push(program);
  await untilItAnswers(`http://127.0.0.1:${port}`, program);
  return { url: `ws://127.0.0.1:${port}`, apiKey, apiSecret };
}

/** Jaeger with the configuration that the container has, on other ports. */
async function startJaeger(command: string, programs: Program[]): Promise<Servers["jaeger"]> {
  const [otlp, otlpGrpc, query, queryGrpc, health] = await findPorts(5);
  const configs = ["config.yaml", "loopback.yaml"].map((name) => `otel/jaeger/${name}`);
  const program = await startProgram(
    command,
    configs.flatMap((config) => ["--config", config]),
    {
      cwd: repository,
      env: {
        ...process.env,
        JAEGER_OTLP_PORT: String(otlp),
        JAEGER_OTLP_GRPC_PORT: String(otlpGrpc),
        JAEGER_QUERY_PORT: String(query),
        JAEGER_QUERY_GRPC_PORT: String(queryGrpc),
        JAEGER_HEALTH_PORT: String(health),
      },
    },
  );
  programs.push(program);
  const queryUrl = `http://127.0.0.1:${query}`;
  await untilItAnswers(`${queryUrl}/api/services`, program);
  return { otlpUrl: `http://127.0.0.1:${otlp}`, queryUrl };
}

async function untilItAnswers(url: string, program: Program): Promise<void> {
  let hasEnded = false;
  void program.ended.then(() => (hasEnded = true));
  const giveUpMs = Date.now() + PATIENCE_MS;
  while (!(await answers(url))) {
    if (hasEnded) throw new Error(`A server ended before it answered:\n${program.output()}`);
    if (Date.now() > giveUpMs) throw new Error(`No answer from ${url}:\n${program.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function answers(url: string, request: RequestInit = {}): Promise<boolean> {
  try {
    const response = await fetch(url, {
      ...request,
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** TCP ports that are free now. All are held until the last is found, so none comes twice. */
export async function findPorts(count: number): Promise<number[]> {
  const holders = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const holder of holders) {
    await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
    ports.push((holder.address() as AddressInfo).port);
  }
  await Promise.all(holders.map((holder) => new Promise((resolve) => holder.close(resolve))));
  return ports;
}

async function findUdpPort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

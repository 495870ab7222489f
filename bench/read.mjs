/**
 * How fast calls are found and counted, side by side with jq, ripgrep, a plain Node loop and DuckDB
 * over the same folder in the same run. Figures and ratios; it asserts nothing.
 *
 *     npm run --silent build && node bench/read.mjs [--calls 5000] [--messages 100] [--folder DIR] [--rounds 3]
 *
 * It makes its own corpus, with word times, in a folder below the system's temporary one, and
 * removes it; `--folder` keeps it for the next run.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { encodeMessage } from "../dist/src/store/document/encode-entries.js";

const { values: given } = parseArgs({
  options: {
    calls: { type: "string", default: "5000" },
    messages: { type: "string", default: "100" },
    folder: { type: "string" },
    rounds: { type: "string", default: "3" },
  },
});
const [calls, messages, rounds] = [given.calls, given.messages, given.rounds].map(Number);
const folder = given.folder ?? mkdtempSync(join(tmpdir(), "talktrace-bench-"));
const main = join(import.meta.dirname, "../dist/src/cli/main.js");
const indexPath = join(folder, ".talktrace-index");

const WORDS =
  "the order will arrive on monday before noon and the driver rings twice please tell me your parcel number again we can leave it with a neighbour or bring it back to the shop your meter reading was saved thank you goodbye".split(
    " ",
  );

/** Numbers that are the same in each run (mulberry32). */
function createRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const stamp = (ms) => `${new Date(ms).toISOString().slice(0, -1)}000+00:00`;

/** A call as a recorder writes it: both sides with word times, each reply with its marks. */
function makeCall(at) {
  const random = createRandom(at + 1);
  const startMs = Date.UTC(2026, 9, 1) + at * 240_000;
  let nowMs = startMs + 900;
  const conversation = [];
  for (let n = 1; n <= messages; n += 1) {
    const role = n % 2 === 1 ? "agent" : "user";
    const count = 8 + Math.floor(random() * 14);
    const words = Array.from({ length: count }, () => ({
      text: WORDS[Math.floor(random() * WORDS.length)],
    }));
    if (n === 5 && at % 100 === 0) words[2].text = "refund";
    const e2e_s = Math.round((0.6 + random() * random() * 2.5) * 1e6) / 1e6;
    const lengthS = count * 0.31;
    if (role === "agent" && n > 1) nowMs += e2e_s * 1000;
    for (const [place, word] of words.entries()) {
      word.at_s = Math.round(nowMs - startMs + place * 310) / 1000;
      word.until_s = Math.round(nowMs - startMs + place * 310 + 280) / 1000;
    }
    const turn = Math.ceil(n / 2);
    const base = {
      role,
      content: words.map(({ text }) => text).join(" "),
      timestamp: stamp(nowMs),
      source: role === "user" ? "deepgram_stt" : "cartesia_tts",
      id: `m_${n}`,
      seq: n,
      turn_id: `t_${turn}`,
      started_at: stamp(nowMs),
      ended_at: stamp(nowMs + lengthS * 1000),
      trace_id: "2a0e2a7e5f0b4c6d8e9f0a1b2c3d4e5f",
      span_id: String(n).padStart(16, "0"),
      language: "en",
      model: role === "user" ? "nova-3" : "sonic-3",
      words,
      audio: {
        duration_s: lengthS,
        level_dbfs: -22.5,
        peak_dbfs: -4.1,
        clipped_share: 0,
        snr_db: 31,
      },
    };
    conversation.push(
      role === "user"
        ? { ...base, confidence: 0.97 }
        : {
            ...base,
            delivery: "full",
            played_s: lengthS,
            llm_model: at % 2 === 0 ? "gpt-4.1-mini" : "gpt-5-mini",
            agent: "parcel_desk",
            ...(n > 1 && {
              latency: {
                origin: "speech_end",
                marks: {
                  speech_end: 0,
                  transcript_final: e2e_s * 0.2,
                  turn_committed: e2e_s * 0.3,
                  llm_start: e2e_s * 0.31,
                  llm_first_token: e2e_s * 0.7,
                  tts_start: e2e_s * 0.75,
                  tts_first_byte: e2e_s * 0.95,
                  playback_start: e2e_s,
                },
                e2e_s,
                speech_end_by: "audio",
              },
            }),
          },
    );
    nowMs += lengthS * 1000 + (role === "agent" ? 500 : 0);
  }
  const [started_at, ended_at] = [stamp(startMs), stamp(nowMs + 1000)];
  const record = {
    format: 2,
    conversation,
    unspoken: [],
    events: [],
    session: {
      id: `s_${at}`,
      status: "complete",
      started_at,
      ended_at,
      close_reason: "user_initiated",
      agent: "parcel_desk",
      software: { talktrace: "0.1.0" },
    },
    metrics: {
      user_messages: Math.floor(messages / 2),
      agent_messages: Math.ceil(messages / 2),
      interruptions: 0,
      user_speech_s: 0,
      agent_speech_s: 0,
    },
    integrity: { dropped: 0, damaged_lines: 0 },
  };
  return {
    name: `conversation_${started_at.slice(0, 19).replace(/[-:]/g, "").replace("T", "_")}`,
    record,
  };
}

/** A file in the layout of a recorder: a word has one line. */
function layOut({ format, conversation, ...rest }) {
  const laidOut = conversation.map((message) => `    ${encodeMessage(message)}`).join(",\n");
  const others = JSON.stringify(rest, null, 2).slice(2);
  return `{\n  "format": ${format},\n  "conversation": [\n${laidOut}\n  ],\n${others}\n`;
}

function makeCorpus() {
  mkdirSync(folder, { recursive: true });
  let bytes = 0;
  for (let at = 0; at < calls; at += 1) {
    const { name, record } = makeCall(at);
    const path = join(folder, `${name}.json`);
    if (!existsSync(path)) writeFileSync(path, layOut(record));
    bytes += statSync(path).size;
  }
  return bytes;
}

/** Runs a command line: when its first output came, when it ended, and the most memory it took. */
function run(command, args) {
  return new Promise((resolve) => {
    const began = performance.now();
    const child = spawn("/usr/bin/env", ["time", "-f", "%M", command, ...args], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: "1" },
    });
    let [first, errors, lines] = [undefined, "", 0];
    child.stdout.on("data", (data) => {
      first ??= performance.now() - began;
      for (const byte of data) if (byte === 10) lines += 1;
    });
    child.stderr.on("data", (data) => (errors += data));
    child.on("close", (code) => {
      const kB = Number(/(\d+)\s*$/.exec(errors)?.[1]);
      resolve({
        first_ms: first,
        all_ms: performance.now() - began,
        MB: kB / 1024,
        code,
        lines,
        errors,
      });
    });
  });
}

/** The best of some runs, since whatever else the machine does only makes them slower. */
async function best(command, args, prepare) {
  let found;
  for (let round = 0; round < rounds; round += 1) {
    prepare?.();
    const result = await run(command, args);
    if (found === undefined || result.all_ms < found.all_ms) found = result;
  }
  return found;
}

const rows = [];
function note(what, result) {
  const ms = (value) => (value === undefined ? "-" : value.toFixed(0));
  rows.push([what, ms(result.first_ms), ms(result.all_ms), result.MB.toFixed(0)]);
  console.log(
    `${what.padEnd(44)} first ${ms(result.first_ms).padStart(6)} ms   all ${ms(result.all_ms).padStart(6)} ms   ${result.MB.toFixed(0).padStart(4)} MB${result.code === 0 ? "" : `   exit code ${result.code}: ${result.errors.split("\n")[0]}`}`,
  );
}

const has = (command) => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;
const bytes = makeCorpus();
console.log(
  `${calls} calls of ${messages} messages, ${(bytes / 1e6).toFixed(0)} MB, best of ${rounds}\n`,
);
// What was written a moment ago is not kept in an index; see docs/adr/0010-the-call-index.md.
await new Promise((resolve) => setTimeout(resolve, 3500));

const ours = (...args) => [main, ...args, "--directory", folder];
const drop = () => rmSync(indexPath, { force: true });
note("talktrace --help", await best(process.execPath, [main, "--help"]));
for (const line of ["list", "search refund", "stats"]) {
  note(`talktrace ${line}, cold`, await best(process.execPath, ours(...line.split(" ")), drop));
}
await run(process.execPath, ours("stats"));
console.log(
  `index: ${existsSync(indexPath) ? (statSync(indexPath).size / 1e6).toFixed(1) : "none, too small a folder"} MB`,
);
for (const line of ["list", "search refund", "search --count monday", "stats", "stats --by llm"]) {
  note(`talktrace ${line}, warm`, await best(process.execPath, ours(...line.split(" "))));
}
const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
note(
  "talktrace stats, ten files changed",
  await best(process.execPath, ours("stats"), () => {
    for (const name of names.slice(0, 10)) utimesSync(join(folder, name), new Date(), new Date());
  }),
);

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const shell = (line) => ["-c", line];
if (has("rg")) note("rg -l refund (search alone)", await best("sh", shell(`rg -l refund . | cat`)));
else console.log("rg is not installed: left out");
if (has("jq")) {
  note(
    "jq, calls with the word",
    await best(
      "sh",
      shell(
        `find . -name 'conv*.json' -print0 | xargs -0 jq -r 'select(any(.conversation[]; .content | test("refund"))) | .session.id'`,
      ),
    ),
  );
  note(
    "jq, all waits",
    await best(
      "sh",
      shell(
        `find . -name 'conv*.json' -print0 | xargs -0 jq -r '.conversation[] | .latency.e2e_s // empty' | sort -n | awk '{a[NR]=$1} END {print a[int(NR/2)]}'`,
      ),
    ),
  );
} else console.log("jq is not installed: left out");
const loop = `import{readdirSync,readFileSync}from"node:fs";const w=[];let n=0;for(const f of readdirSync(".")){if(!f.endsWith(".json"))continue;const c=JSON.parse(readFileSync(f,"utf8"));if(c.conversation.some(m=>m.content.includes("refund")))n+=1;for(const m of c.conversation)if(m.latency?.e2e_s!==undefined)w.push(m.latency.e2e_s)}w.sort((a,b)=>a-b);console.log(n,w[w.length>>1])`;
note(
  "a plain Node loop, word and median",
  await best(process.execPath, ["--input-type=module", "-e", loop]),
);
let duckdb;
try {
  duckdb = import.meta.resolve("@duckdb/node-api");
} catch {
  console.log("@duckdb/node-api is not installed: left out");
}
if (duckdb !== undefined) {
  const ask = `import{DuckDBInstance}from${JSON.stringify(duckdb)};const i=await DuckDBInstance.create();const c=await i.connect();const r=await c.runAndReadAll("select count(*) filter (content ilike '%refund%'), median(cast(latency->>'e2e_s' as double)) from (select unnest(conversation, recursive := true) from read_json('conv*.json', columns = {conversation: 'STRUCT(content VARCHAR, latency JSON)[]'}, maximum_object_size = 67108864))");console.log(r.getRows().join())`;
  note(
    "DuckDB over the JSON, word and median",
    await best(process.execPath, ["--input-type=module", "-e", ask]),
  );
}
console.log(`\nNode ${process.version}, ${execFileSync("nproc").toString().trim()} cores`);
void [readFileSync, quote];
if (given.folder === undefined) rmSync(folder, { recursive: true });

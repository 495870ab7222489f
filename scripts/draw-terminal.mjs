/**
 * Draws the commands as a terminal shows them: docs/pictures/terminal-*.svg. Each command runs in a
 * terminal of its own (`script`, from util-linux), and a terminal emulator lays out what it prints.
 * Run after `npm run build`:
 *
 *     node scripts/draw-terminal.mjs
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import xterm from "@xterm/headless";
import { createServer } from "vite";

const SAMPLE = "conversations/sample-parcel-desk.json";
const MAIN = resolve("dist/src/cli/main.js");
const DAY_MS = 86_400_000;
const [CELL_WIDTH, LINE_HEIGHT, PADDING, BAR] = [8.4, 18, 16, 30];
/** Colours 0 to 7 of a dark terminal. */
const COLORS = [
  "#484f58",
  "#ff7b72",
  "#5fd38a",
  "#f0c14b",
  "#6cb6ff",
  "#d2a8ff",
  "#56d4dd",
  "#e6e9ec",
];
const [GROUND, TEXT, DIM] = ["#0f1419", "#e6e9ec", "#9aa4af"];

const PICTURES = [
  { name: "list", columns: 120, args: ["list", "--limit", "14"] },
  { name: "show", columns: 100, args: ["show", SAMPLE] },
  { name: "stats", columns: 100, args: ["stats", "since:14d"] },
  { name: "compare", columns: 110, args: ["compare", "version:1.4", "version:1.5"] },
  { name: "tail", columns: 100, rows: 36, args: ["tail", SAMPLE] },
];

const folder = mkdtempSync(join(tmpdir(), "talktrace-pictures-"));
try {
  await makeCalls(folder);
  for (const { name, columns, rows, args } of PICTURES) {
    const printed = runInTerminal([...args, "--directory", folder], columns);
    const lines = (await layOut(printed, columns)).slice(0, rows);
    const title = `talktrace ${args.map((arg) => arg.replace(SAMPLE, "parcel-desk")).join(" ")}`;
    writeFileSync(`docs/pictures/terminal-${name}.svg`, draw(title, lines, columns));
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** Two weeks of generated calls. In the second week the agent's version is newer, and its LLM slower. */
async function makeCalls(directory) {
  const vite = await createServer({
    // The settings of the page have another root.
    configFile: false,
    server: { middlewareMode: true, ws: false },
    logLevel: "error",
  });
  const { generateCall } = await vite.ssrLoadModule("/test/support/generate-call.ts");
  const { toTimestamp, parseTimestamp } = await vite.ssrLoadModule("/src/record/index.ts");
  await vite.close();
  for (let seed = 1; seed <= 160; seed += 1) {
    const { conversation } = generateCall(seed, false);
    const isNew = seed > 80;
    const startMs = Date.now() - 13.5 * DAY_MS + seed * (13.4 / 160) * DAY_MS;
    const byMs = startMs - parseTimestamp(conversation.session.started_at);
    const move = (key, value) =>
      /^(timestamp|started_at|ended_at)$/.test(key)
        ? toTimestamp(parseTimestamp(value) + byMs, 0)
        : slowDown(key, value, isNew ? 0.25 : 0);
    const moved = JSON.parse(JSON.stringify(conversation), move);
    moved.session.attributes = { version: isNew ? "1.5" : "1.4" };
    const name = toTimestamp(startMs, 0).slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "_");
    writeFileSync(join(directory, `conversation_${name}.json`), JSON.stringify(moved));
  }
}

function slowDown(key, value, bySeconds) {
  if (key === "e2e_s" && typeof value === "number") return value + bySeconds;
  if (key !== "marks") return value;
  const isLater = (mark) => /^(llm_first_token|tts|playback)/.test(mark);
  return Object.fromEntries(
    Object.entries(value).map(([mark, at]) => [mark, isLater(mark) ? at + bySeconds : at]),
  );
}

function runInTerminal(args, columns) {
  const quoted = [process.execPath, MAIN, ...args].map(
    (arg) => `'${arg.replaceAll("'", "'\\''")}'`,
  );
  const command = `stty cols ${columns} rows 200; exec ${quoted.join(" ")}`;
  const { stdout, status } = spawnSync("script", ["-qec", command, "/dev/null"], {
    encoding: "utf8",
    env: { ...process.env, TERM: "xterm-256color", NO_COLOR: undefined, CI: undefined },
  });
  if (status !== 0) throw new Error(`talktrace ${args.join(" ")} failed: ${stdout}`);
  return stdout;
}

/** The lines of the terminal, each as runs of one style with their first column. */
async function layOut(printed, columns) {
  const terminal = new xterm.Terminal({ cols: columns, rows: 200, allowProposedApi: true });
  await new Promise((done) => terminal.write(printed, done));
  const buffer = terminal.buffer.active;
  const lines = Array.from({ length: buffer.length }, (_, at) => runsOf(buffer.getLine(at)));
  const last = lines.findLastIndex((runs) => runs.some(({ text }) => text.trim() !== ""));
  return lines.slice(0, last + 1);
}

function runsOf(line) {
  const runs = [];
  for (let column = 0; column < line.length; column += 1) {
    const cell = line.getCell(column);
    const text = cell.getChars() || " ";
    if (cell.getWidth() === 0) continue;
    const style = {
      fill: cell.isFgDefault() ? (cell.isDim() ? DIM : TEXT) : COLORS[cell.getFgColor() % 8],
      isBold: cell.isBold() !== 0,
    };
    const last = runs.at(-1);
    // A space ends a run, so that letters of other widths do not move what follows.
    const isSame = last?.fill === style.fill && last.isBold === style.isBold;
    if (isSame && !(last.text.endsWith("  ") && text !== " ")) {
      last.text += text;
      last.width += cell.getWidth();
    } else runs.push({ ...style, column, text, width: cell.getWidth() });
  }
  return runs;
}

function draw(title, lines, columns) {
  const width = Math.ceil(columns * CELL_WIDTH + 2 * PADDING);
  const height = lines.length * LINE_HEIGHT + 2 * PADDING + BAR;
  const texts = lines.flatMap((runs, row) =>
    runs
      .filter(({ text }) => text.trim() !== "")
      .map(({ column, text, fill, isBold, width: cells }) => {
        // Browsers drop the spaces at both ends of a text.
        const shown = text.trim();
        const before = text.length - text.trimStart().length;
        const x = round(PADDING + (column + before) * CELL_WIDTH);
        const y = BAR + PADDING + row * LINE_HEIGHT + 13;
        const length = round((cells - (text.length - shown.length)) * CELL_WIDTH);
        const weight = isBold ? ' font-weight="700"' : "";
        return `<text x="${x}" y="${y}" fill="${fill}"${weight} textLength="${length}" lengthAdjust="spacingAndGlyphs">${escapeXml(shown)}</text>`;
      }),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, 'SF Mono', 'DejaVu Sans Mono', 'Noto Sans Mono', 'Noto Sans Devanagari', monospace" font-size="14" xml:space="preserve">
<title>${escapeXml(title)}</title>
<rect width="${width}" height="${height}" rx="8" fill="${GROUND}"/>
<text x="${PADDING}" y="${BAR - 6}" fill="${DIM}">$ ${escapeXml(title)}</text>
${texts.join("\n")}
</svg>
`;
}

function round(value) {
  return Math.round(value * 10) / 10;
}

function escapeXml(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

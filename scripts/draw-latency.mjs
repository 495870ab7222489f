/**
 * Draws two moments of a conversation file: a reply with its marks and stages, and an interruption
 * with the time until the agent was silent. Run after `npm run build`:
 *
 *     node scripts/draw-latency.mjs conversations/sample-parcel-desk.json > docs/pictures/latency.svg
 */
import { readFileSync } from "node:fs";
import {
  LATENCY_MARKS,
  durationOf,
  findYields,
  parseConversation,
  parseTimestamp,
  splitIntoStages,
  toSpeech,
} from "../dist/src/record/index.js";

const INK = "#20242a";
const GREY = "#5d636e";
const USER = "#d1603d";
const AGENT = "#2f6690";
const [LEFT, WIDTH, RIGHT] = [150, 1200, 1150];

const [path] = process.argv.slice(2);
if (path === undefined) {
  process.stderr.write("Cannot draw: no file given; name a conversation's JSON file\n");
  process.exit(2);
}
process.stdout.write(draw(parseConversation(readFileSync(path, "utf8"), path)));

function draw({ conversation }) {
  const { top: replyHeight, svg: reply } = drawReply(pickReply(conversation), conversation);
  const cut = drawInterruption(conversation, replyHeight + 60);
  const height = cut.bottom + 24;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, 'Noto Sans', sans-serif" font-size="14">
<rect width="${WIDTH}" height="${height}" rx="8" fill="#fbfaf7"/>
${[...reply, ...cut.svg].join("\n")}
</svg>
`;
}

/** The reply with the most marks. If several have as many, the first of them. */
function pickReply(conversation) {
  const count = ({ latency }) => Object.keys(latency?.marks ?? {}).length;
  const replies = conversation.filter(({ latency }) => latency?.e2e_s !== undefined);
  return replies.toSorted((a, b) => count(b) - count(a))[0];
}

function drawReply(reply, conversation) {
  const { marks, e2e_s } = reply.latency;
  const [before_s, after_s] = [0.5, 0.45];
  const x = scale(-before_s, e2e_s + after_s);
  const stages = splitIntoStages(reply.latency);
  const named = LATENCY_MARKS.filter((mark) => marks[mark] !== undefined && marks[mark] <= e2e_s);
  const inOrder = named.toSorted((a, b) => marks[a] - marks[b]);
  const question = conversation.findLast(
    ({ role, turn_id }) => role === "user" && turn_id === reply.turn_id,
  );
  const svg = [
    text(24, 34, "One reply: where the silence went", { size: 17, weight: 600 }),
    text(24, 86, "caller", { fill: USER, weight: 600 }),
    bar(x(-before_s), 70, x(0) - x(-before_s), USER),
    text(x(-before_s) + 8, 87, `… ${lastWords(question?.content ?? "", 3)}`, { fill: "#ffffff" }),
    text(24, 122, "agent", { fill: AGENT, weight: 600 }),
    bar(x(e2e_s), 106, x(e2e_s + after_s) - x(e2e_s), AGENT),
    text(x(e2e_s) + 8, 123, `${reply.content.split(" ")[0]} …`, { fill: "#ffffff" }),
    ...span(x(0), x(e2e_s), 118, `e2e_s ${e2e_s.toFixed(3)} s`),
  ];
  const firstRow = 160;
  stages.forEach((stage, index) => {
    const y = firstRow + index * 26;
    const width = x(stage.end_s) - x(stage.start_s);
    svg.push(
      text(24, y + 14, stage.name, { fill: INK }),
      bar(x(stage.start_s), y, Math.max(width, 1.5), "#8e7dbe", 18),
      text(x(stage.end_s) + 6, y + 14, `${(durationOf(stage) * 1000).toFixed(0)} ms`, {
        fill: GREY,
        size: 12,
      }),
    );
  });
  const markTop = firstRow + stages.length * 26 + 10;
  inOrder.forEach((mark, index) => {
    const y = markTop + 14 + index * 19;
    const at = x(marks[mark]);
    const isLate = at > 760;
    svg.push(
      `<path d="M${fixed(at)} 64V${y}" stroke="#c9c4ba" stroke-dasharray="2 3"/>`,
      text(at + (isLate ? -5 : 5), y, `${mark} ${marks[mark].toFixed(3)}`, {
        fill: GREY,
        size: 12,
        anchor: isLate ? "end" : "start",
      }),
    );
  });
  return { svg, top: markTop + 14 + inOrder.length * 19 };
}

function drawInterruption(conversation, top) {
  const [found] = findYields(conversation.map(toSpeech));
  if (found === undefined) return { svg: [], bottom: top - 60 };
  const agent = conversation.find(({ id }) => id === found.agentMessage);
  const user = conversation.find(({ id }) => id === found.userMessage);
  const cutMs = parseTimestamp(agent.ended_at);
  const beginMs = parseTimestamp(user.started_at);
  const x = scale(-1.2, found.yieldS + 0.9);
  const at = (ms) => x((ms - beginMs) / 1000);
  return {
    bottom: top + 124,
    svg: [
      text(24, top, "One interruption: how long the agent went on", { size: 17, weight: 600 }),
      text(24, top + 50, "agent", { fill: AGENT, weight: 600 }),
      bar(x(-1.2), top + 34, at(cutMs) - x(-1.2), AGENT),
      text(x(-1.2) + 8, top + 51, `… ${lastWords(agent.content, 4)}`, { fill: "#ffffff" }),
      text(at(cutMs) + 8, top + 51, `✂ ${firstWords(agent, 5)} … (unheard_words)`, {
        fill: "#b9aea4",
      }),
      text(24, top + 86, "caller", { fill: USER, weight: 600 }),
      bar(x(0), top + 70, RIGHT - x(0), USER),
      text(at(cutMs) + 8, top + 87, `${user.content}`, { fill: "#ffffff" }),
      ...span(x(0), at(cutMs), top + 118, `yield_s ${found.yieldS.toFixed(3)} s`),
    ],
  };
}

function firstWords({ content, generated = content }, count) {
  return generated.slice(content.length).trim().split(" ").slice(0, count).join(" ");
}

function lastWords(content, count) {
  return content.split(" ").slice(-count).join(" ");
}

function scale(from_s, to_s) {
  return (seconds) => LEFT + ((seconds - from_s) / (to_s - from_s)) * (RIGHT - LEFT);
}

function bar(x, y, width, fill, height = 24) {
  return `<rect x="${fixed(x)}" y="${y}" width="${fixed(width)}" height="${height}" rx="2" fill="${fill}"/>`;
}

/** A line between two moments with its length above it. */
function span(from, to, y, label) {
  return [
    `<path d="M${fixed(from)} ${y - 5}v10M${fixed(from)} ${y}H${fixed(to)}M${fixed(to)} ${y - 5}v10" stroke="${INK}" fill="none"/>`,
    text((from + to) / 2, y - 6, label, { size: 13, weight: 600, anchor: "middle" }),
  ];
}

function text(x, y, words, { fill = INK, size = 14, weight = 400, anchor = "start" } = {}) {
  const escaped = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${fixed(x)}" y="${y}" fill="${fill}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}">${escaped}</text>`;
}

function fixed(value) {
  return Number(value.toFixed(1));
}

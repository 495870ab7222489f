/**
 * Draws a conversation file as a picture: who spoke when, what was heard, and what each wait was
 * for. Run after `npm run build`:
 *
 *     node scripts/draw-conversation.mjs conversations/sample-parcel-desk.json > docs/pictures/conversation.svg
 */
import { readFileSync } from "node:fs";
import { parseConversation, parseTimestamp } from "../dist/src/record/index.js";

const [path] = process.argv.slice(2);
if (path === undefined) {
  process.stderr.write("Cannot draw: no file given; name a conversation's JSON file\n");
  process.exit(2);
}
process.stdout.write(draw(parseConversation(readFileSync(path, "utf8"), path)));

/** Three parts, from the end of speech to the first sound. A missing mark joins two parts. */
function stagesOf({ marks }) {
  return [
    { name: "hearing", color: "#e0a458", from: "speech_end", to: "transcript_final" },
    { name: "thinking", color: "#8e7dbe", from: "transcript_final", to: "llm_first_token" },
    { name: "speaking up", color: "#5b9aa0", from: "llm_first_token", to: "playback_start" },
  ].map(({ name, color, from, to }) => ({ name, color, from_s: marks[from], to_s: marks[to] }));
}

function draw({ conversation, session }) {
  const width = 1200;
  const rowHeight = 34;
  const top = 74;
  const [textX, waitX, waitWidth] = [96, 760, 360];
  const longest_s = Math.max(...conversation.map((message) => message.latency?.e2e_s ?? 0));
  const scale = waitWidth / longest_s;
  const startMs = parseTimestamp(session.started_at);

  const rows = conversation.map((message, index) => {
    const y = top + index * rowHeight;
    const isUser = message.role === "user";
    const atS = (parseTimestamp(message.started_at ?? message.timestamp) - startMs) / 1000;
    const parts = [
      text(52, y + 21, clockOf(atS), { fill: "#8a8f98", size: 12, anchor: "end" }),
      `<circle cx="72" cy="${y + 17}" r="6" fill="${isUser ? "#d1603d" : "#2f6690"}"/>`,
      text(textX, y + 22, clip(message.content, 84), {
        fill: "#20242a",
        weight: isUser ? 600 : 400,
      }),
    ];
    if (message.delivery === "partial") {
      const x = textX + message.content.length * 7.1 + 6;
      const unheard = message.generated.slice(message.content.length).trim();
      parts.push(text(x, y + 22, `✂ ${clip(unheard, 46)}`, { fill: "#b9aea4" }));
    }
    if (message.latency?.e2e_s !== undefined)
      parts.push(...drawWait(message.latency, waitX, y, scale));
    return parts.join("\n");
  });
  const legend = stagesOf({ marks: {} }).map(({ name, color }, index) => {
    const x = waitX + index * 112;
    return `<rect x="${x}" y="50" width="12" height="12" rx="2" fill="${color}"/>${text(x + 18, 60, name, { fill: "#5d636e", size: 12 })}`;
  });
  const height = top + conversation.length * rowHeight + 16;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, 'Noto Sans', 'Noto Sans Devanagari', sans-serif" font-size="14">
<rect width="${width}" height="${height}" rx="8" fill="#fbfaf7"/>
${text(textX, 34, "What was heard", { fill: "#20242a", size: 17, weight: 600 })}
${text(waitX, 34, "How long the caller waited, and for what", { fill: "#20242a", size: 17, weight: 600 })}
<circle cx="${textX + 6}" cy="56" r="5" fill="#d1603d"/>${text(textX + 16, 60, "caller", { fill: "#5d636e", size: 12 })}
<circle cx="${textX + 76}" cy="56" r="5" fill="#2f6690"/>${text(textX + 86, 60, "agent", { fill: "#5d636e", size: 12 })}
${text(textX + 146, 60, "✂ cut off: not heard", { fill: "#b9aea4", size: 12 })}
${legend.join("\n")}
${rows.join("\n")}
</svg>
`;
}

function drawWait(latency, x, y, scale) {
  const bars = stagesOf(latency)
    .filter(({ from_s, to_s }) => from_s !== undefined && to_s !== undefined)
    .map(({ color, from_s, to_s }) => {
      const width = (to_s - from_s) * scale;
      const label =
        width > 44
          ? text(x + from_s * scale + width / 2, y + 22, (to_s - from_s).toFixed(2), {
              fill: "#ffffff",
              size: 12,
              anchor: "middle",
            })
          : "";
      return `<rect x="${(x + from_s * scale).toFixed(1)}" y="${y + 7}" width="${width.toFixed(1)}" height="20" fill="${color}"/>${label}`;
    });
  return [
    ...bars,
    text(x + latency.e2e_s * scale + 8, y + 22, `${latency.e2e_s.toFixed(2)} s`, {
      fill: "#20242a",
      size: 12,
      weight: 600,
    }),
  ];
}

function text(x, y, words, { fill, size = 14, weight = 400, anchor = "start" }) {
  const escaped = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${Number(x.toFixed(1))}" y="${y}" fill="${fill}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}">${escaped}</text>`;
}

function clip(words, limit) {
  return words.length <= limit ? words : `${words.slice(0, limit - 1).trimEnd()}…`;
}

function clockOf(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

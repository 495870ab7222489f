import type { stt, voice } from "@livekit/agents";
import { describe, expect, it } from "vitest";
import { formatCallList } from "../../src/cli/text/call-list.js";
import { formatHead } from "../../src/cli/text/call-head.js";
import { formatConversation } from "../../src/cli/text/conversation-text.js";
import { toCsvRecords } from "../../src/export/csv-records.js";
import { formatPair } from "../../src/cli/text/pair-text.js";
import { formatFinding } from "../../src/cli/text/finding-line.js";
import { formatSqlRowCsv, formatSqlRows } from "../../src/cli/text/sql-rows.js";
import { formatHits } from "../../src/cli/text/search-hits.js";
import { formatEntry } from "../../src/cli/text/timeline-text.js";
import { hangText } from "../../src/cli/text/wrap-text.js";
import { toChat } from "../../src/export/chat-messages.js";
import {
  findingsOf,
  takeExcerpt,
  takeUntil,
  toExportedCall,
} from "../../src/export/exported-call.js";
import { fileNameOf } from "../../src/export/file-name.js";
import { openPage } from "../../src/export/html-page.js";
import { spoken, toHtml, toHtmlLines } from "../../src/export/html-text.js";
import { drawTimeline } from "../../src/export/html-timeline.js";
import { toCode, toMarkdown } from "../../src/export/markdown-text.js";
import { hasText, textOf as wordsOfMessage } from "../../src/export/message-text.js";
import { timeText } from "../../src/export/speech-times.js";
import { breakLines, listCues } from "../../src/export/subtitle-cues.js";
import { readToolCall } from "../../src/export/tool-call.js";
import { toVcon } from "../../src/export/vcon.js";
import {
  embedRecord,
  extractRecord,
  isPage,
  streamRecord,
} from "../../src/record/embedded-record.js";
import * as insight from "../../src/insight/index.js";
import { textOf } from "../../src/insight/findings/event-finding.js";
import { foldText, shareOfWords, wordsOf } from "../../src/insight/findings/words.js";
import { makeFieldTest } from "../../src/insight/query/fields.js";
import { readComparison, readMoment } from "../../src/insight/query/values.js";
import { parseLimit } from "../../src/insight/check-calls.js";
import { makeNeedle, markWords, toSearchText } from "../../src/insight/search-text.js";
import { findUnheard } from "../../src/record/unheard.js";
import { decodeText } from "../../src/livekit/redaction/decode-text.js";
import { readDigitRuns, replaceRanges } from "../../src/livekit/redaction/digit-runs.js";
import { maskMetadata } from "../../src/livekit/redaction/dispatch-metadata.js";
import { reviewHeard } from "../../src/livekit/redaction/heard-of-reviewed.js";
import { findDigits, hasNumeral } from "../../src/livekit/redaction/numerals.js";
import {
  createPhoneNumbers,
  findEndings,
  isNumber,
} from "../../src/livekit/redaction/phone-numbers.js";
import { withoutComplaint } from "../../src/livekit/redaction/provider-errors.js";
import { createReviewDecisions } from "../../src/livekit/redaction/review-decisions.js";
import { reviewSpans } from "../../src/livekit/redaction/review-spans.js";
import { createSessionNames } from "../../src/livekit/redaction/session-names.js";
import { alignWords } from "../../src/livekit/text/align-words.js";
import {
  isSameText,
  lettersAndDigits,
  withoutSpaces,
} from "../../src/livekit/text/compare-text.js";
import { findPlaceOf } from "../../src/livekit/text/find-similar.js";
import { findEach, findFirst } from "../../src/livekit/text/find-text.js";
import { findHeardText, findSameBeginning } from "../../src/livekit/text/heard-text.js";
import { findWords, matchParts } from "../../src/livekit/text/match-transcripts.js";
import { cutBefore, findKnown } from "../../src/livekit/text/skip-known-words.js";
import { estimateSpeechS, estimateSpeechTimes } from "../../src/livekit/text/speech-time.js";
import { findSpokenWords } from "../../src/livekit/text/spoken-words.js";
import { isSpace, kindOf, rememberByCodePoint } from "../../src/livekit/text/character-kind.js";
import { findLetters, lettersOf } from "../../src/livekit/text/text-letters.js";
import { isLongToSegment, splitWords } from "../../src/livekit/text/text-tokens.js";
import { findTextWords, findWordsNear } from "../../src/livekit/text/text-words.js";
import { toSource, toWordlessData, toWords } from "../../src/livekit/text/transcript-words.js";
import { findUnchangedNear } from "../../src/livekit/text/unchanged-near.js";
import { findUnchanged } from "../../src/livekit/text/unchanged-parts.js";
import { readKeepDays } from "../../src/platform/keep-days.js";
import { isError, messageOf } from "../../src/platform/message-of.js";
import { reportSafely } from "../../src/platform/report.js";
import { showUrl, withoutSecrets, withoutSecretsOf } from "../../src/platform/url-secrets.js";
import { boundDepth } from "../../src/record/bound-depth.js";
import { findDeliveryFault, hasOneGrapheme } from "../../src/record/delivery.js";
import { countWords, listWords, toSpeech } from "../../src/record/figures/speech.js";
import {
  copyJsonObject,
  needPlainObject,
  textOfData,
  textOfJson,
} from "../../src/record/json-data.js";
import { findJsonFault } from "../../src/record/json-fault.js";
import { findMarkup, skipLeadingMarkup, withoutMarkup } from "../../src/record/markup.js";
import { toOneLine } from "../../src/platform/one-line.js";
import { parseConversation } from "../../src/record/parse.js";
import { isUndatedStart } from "../../src/record/undated.js";
import { parseWithoutWords } from "../../src/record/parse-without-words.js";
import { parseJson } from "../../src/record/parse-json.js";
import { placeAgentWords, placeUserWords } from "../../src/record/word-times.js";
import { nameNearest } from "../../src/platform/nearest-name.js";
import { isTag, parseSidecar } from "../../src/record/sidecar.js";
import {
  hasUnspacedScript,
  segmentGraphemes,
  segmentWords,
} from "../../src/record/segment-text.js";
import { parseTimestamp, readTimestamp } from "../../src/record/timestamp.js";
import { findCueEnd, isCueName, mayBecomeCue } from "../../src/record/voice-cues.js";
import type { AgentMessage, Conversation, Message } from "../../src/record/index.js";
import { findSuperlinearGrowth } from "../support/hostile-text.js";
import { createInMemoryRecord } from "../livekit/support/in-memory-record.js";
import { listExportedFunctions } from "../support/text-functions.js";

type Work = (text: string) => unknown;

/** Texts that are alike up to a place: a search that compares letter by letter starts again and again. */
function near(text: string): string[] {
  const middle = Math.floor(text.length / 2);
  return [
    `${text.slice(0, middle)}\u0007${text.slice(middle + 1)}`,
    `${text.slice(0, -1)}\u0007`,
    `${text.slice(0, middle)}\u0007`,
    `\u0007${text.slice(0, middle)}`,
  ];
}

const withNear =
  (work: (text: string, other: string) => unknown): Work =>
  (text) =>
    near(text).map((other) => [take(() => work(text, other)), take(() => work(other, text))]);

/** What refuses a text does that in time as well. */
function take(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

const timesOf = (text: string) =>
  [text, ...near(text)].map((each, at) => ({ text: each, start_s: at, end_s: at + 1 }));
const waiting = (text: string) => ({ id: "m_1", text, rest: text, isTouched: false });
const heard = (text: string) =>
  ({ text, language: "en", startTime: 0, endTime: 1, confidence: 1 }) as stt.SpeechData;
const NOW = new Date(0);
const AT = "2025-08-18T14:30:22.123456+05:30";
const numbers = createPhoneNumbers(false);
numbers.learn("+15105550100");

const exported = (text: string) => toExportedCall(text, conversationOf(text), undefined);

function conversationOf(text: string): Conversation {
  const shared = { content: text, timestamp: AT, source: "x_tts", turn_id: "t_1" };
  const [other = ""] = near(text);
  const conversation: Message[] = [
    { ...shared, role: "user", id: "m_1", seq: 1 },
    { ...shared, role: "user", content: other, id: "m_2", seq: 2 },
    { ...shared, role: "agent", id: "m_3", seq: 3, delivery: "full", tts_text: other },
    {
      ...shared,
      role: "agent",
      content: other,
      generated: text,
      id: "m_4",
      seq: 4,
      delivery: "partial",
    },
  ];
  return {
    format: 2,
    conversation,
    unspoken: [],
    events: [{ type: "error", timestamp: AT, data: { message: text } }],
    session: { id: text, status: "complete", started_at: AT, software: { [text]: text } },
    metrics: { messages: 4 } as unknown as Conversation["metrics"],
    integrity: { dropped: 0, damaged_lines: 0 },
  };
}

const agentMessage = (text: string, generated: string): AgentMessage => ({
  ...(conversationOf("x").conversation[2] as AgentMessage),
  content: text,
  generated,
});

const record = createInMemoryRecord();
let messages = 0;

const SCREEN = { columns: 80, isInteractive: false };

const pairOf = (text: string) =>
  insight.comparePair(["a", conversationOf(text)], ["b", conversationOf(near(text)[0] ?? "")]);

/** How each function is called with a text. */
const CALLS: { [name: string]: Work } = {
  "src/cli/text/call-list.ts#formatCallList": (text) =>
    formatCallList(
      [insight.toListedCall(insight.summarizeCall(text.slice(0, 255), conversationOf(text)))],
      SCREEN,
    ),
  "src/cli/text/conversation-text.ts#formatConversation": (text) =>
    formatConversation(insight.viewConversation(conversationOf(text)), SCREEN),
  "src/cli/text/finding-line.ts#formatFinding": (text) =>
    formatFinding(
      {
        rule: "contradiction",
        severity: "warn",
        at_s: 0,
        message_ids: [text],
        value: 1,
        limit: 1,
        unit: "times",
        certain: true,
        text,
      },
      SCREEN,
    ),
  "src/cli/text/call-head.ts#formatHead": (text) =>
    formatHead(
      text,
      conversationOf(text),
      { file: text, isDead: false, damagedJournalLines: 0 },
      undefined,
      SCREEN,
    ),
  "src/export/csv-records.ts#toCsvRecords": (text) =>
    toCsvRecords([[text, ...near(text)]], { lineEnd: "\r\n" }),
  "src/cli/text/pair-text.ts#formatPair": (text) => formatPair(pairOf(text), SCREEN),
  "src/insight/compare-pair.ts#comparePair": pairOf,
  "src/cli/text/sql-rows.ts#formatSqlRows": (text) =>
    formatSqlRows([{ name: text, type: "VARCHAR" }], [[text], [near(text)]], SCREEN),
  "src/cli/text/sql-rows.ts#formatSqlRowCsv": (text) =>
    formatSqlRowCsv([{ name: text, type: text }], [text]),
  "src/insight/tables/table.ts#tableOfConversations": (text) => {
    const conversation = conversationOf(text);
    const call = insight.summarizeCall(text, conversation);
    return insight.CALL_TABLES.map((table) => table.rows(call, conversation));
  },
  "src/cli/text/timeline-text.ts#formatEntry": (text) =>
    insight.viewTimeline(conversationOf(text)).map((entry) => formatEntry(entry, SCREEN)),
  "src/cli/text/wrap-text.ts#hangText": (text) => hangText([{ text }], [{ text }], SCREEN),
  "src/cli/text/search-hits.ts#formatHits": (text) =>
    formatHits(
      [{ name: text, hits: [{ role: "user", content: text }] }] as never,
      wordsOf(text),
      SCREEN,
    ),
  "src/insight/asides.ts#findAsides": (text) => insight.findAsides(conversationOf(text)),
  "src/insight/call-summary.ts#nameVersion": (text) =>
    insight.nameVersion({ attributes: { version: text }, software: { [text]: text } }),
  "src/insight/call-summary.ts#summarizeCall": (text) =>
    insight.summarizeCall(text, conversationOf(text)),
  "src/insight/call-summary.ts#toListedCall": (text) =>
    insight.toListedCall(insight.summarizeCall(text, conversationOf(text))),
  "src/insight/conversation-view.ts#viewConversation": (text) =>
    insight.viewConversation(conversationOf(text)),
  "src/insight/call-timeline.ts#viewTimeline": (text) => insight.viewTimeline(conversationOf(text)),
  "src/insight/call-lanes.ts#viewLanes": (text) => {
    const conversation = conversationOf(text);
    return insight.viewLanes(conversation, insight.viewTimeline(conversation));
  },
  "src/insight/viewed-message.ts#viewMessages": (text) =>
    insight.viewMessages(conversationOf(text)),
  "src/insight/check-calls.ts#parseLimit": (text) =>
    take(() => parseLimit(text, ["slow_reply", "tool_failed"])),
  "src/insight/figures.ts#figuresOf": (text) => insight.figuresOf(conversationOf(text)),
  "src/insight/findings/event-finding.ts#textOf": (text) =>
    textOf({ type: "error", timestamp: AT, data: { message: text } }, "message"),
  "src/insight/findings/find-findings.ts#findFindings": (text) =>
    insight.findFindings(conversationOf(text)),
  "src/insight/findings/words.ts#foldText": foldText,
  "src/insight/findings/words.ts#shareOfWords": withNear((one, other) =>
    shareOfWords(new Set(wordsOf(one)), new Set(wordsOf(other))),
  ),
  "src/insight/findings/words.ts#wordsOf": wordsOf,
  "src/insight/key-phrases.ts#findKeyPhrases": (text) =>
    insight.findKeyPhrases([text, ...near(text)]),
  "src/insight/message-line.ts#describeMessage": (text) =>
    insight.describeMessage(agentMessage(text, text), []),
  "src/insight/moment.ts#parseMoment": insight.parseMoment,
  "src/insight/outline-call.ts#outlineCall": (text) => insight.outlineCall(conversationOf(text)),
  "src/insight/query/fields.ts#makeFieldTest": withNear((one, other) =>
    makeFieldTest(`attr.${one}`, other, NOW, []),
  ),
  "src/insight/query/query.ts#parseQuery": (text) => take(() => insight.parseQuery(text, NOW)),
  "src/insight/query/values.ts#readComparison": (text) => take(() => readComparison(text)),
  "src/insight/query/values.ts#readMoment": (text) => take(() => readMoment(text, NOW)),
  // Whoever searches writes the words that are sought: they are short, and the texts are hostile.
  "src/insight/search-text.ts#makeNeedle": (text) =>
    near(text).map((other) => makeNeedle(other.slice(0, 100))?.isIn(toSearchText([text]))),
  "src/insight/search-text.ts#markWords": (text) => markWords(text, wordsOf(text)),
  "src/insight/search-text.ts#toSearchText": (text) => toSearchText([text, text]),
  "src/insight/turns.ts#nameTurns": (text) => insight.nameTurns(conversationOf(text)),
  "src/record/unheard.ts#findUnheard": withNear((one, other) =>
    findUnheard(agentMessage(one, other)),
  ),
  "src/livekit/redaction/decode-text.ts#decodeText": (text) => [
    decodeText(text).text,
    decodeText(text.replaceAll("<", "%253C").replaceAll("a", "&#97;")).text,
  ],
  "src/livekit/redaction/numerals.ts#findDigits": (text) => Array.from(text, findDigits),
  "src/livekit/redaction/numerals.ts#hasNumeral": hasNumeral,
  "src/livekit/redaction/digit-runs.ts#readDigitRuns": (text) => readDigitRuns(text, 7),
  "src/livekit/redaction/digit-runs.ts#replaceRanges": (text) =>
    replaceRanges(
      text,
      readDigitRuns(text).map((run) => ({ start: run.starts[0] ?? 0, end: run.ends[0] ?? 0 })),
      "",
    ),
  "src/livekit/redaction/dispatch-metadata.ts#maskMetadata": (text) => [
    maskMetadata(text, numbers),
    maskMetadata(JSON.stringify({ [text]: text, phone: [text] }), numbers),
    maskMetadata(`{"a":"x","a":${JSON.stringify(text)}}`, numbers),
  ],
  "src/livekit/redaction/heard-of-reviewed.ts#reviewHeard": withNear((one, other) => [
    reviewHeard(one.slice(0, -2), one, other),
    reviewHeard(other, one, other),
  ]),
  "src/livekit/redaction/phone-numbers.ts#createPhoneNumbers": (text) => {
    createPhoneNumbers(false).learn(text);
    createPhoneNumbers(false).watch(text, () => undefined);
    return [numbers.mask(text), numbers.maskName(text)];
  },
  "src/livekit/redaction/phone-numbers.ts#findEndings": findEndings,
  "src/livekit/redaction/phone-numbers.ts#isNumber": isNumber,
  "src/livekit/redaction/provider-errors.ts#withoutComplaint": (text) =>
    withoutComplaint({ type: "error", atMs: 0, turnId: "t_1", data: { message: text } }),
  "src/livekit/redaction/review-decisions.ts#createReviewDecisions": withNear((one, other) => {
    const decisions = createReviewDecisions({
      message: () => other,
      event: undefined,
      report: () => undefined,
    });
    const message = {
      role: "agent",
      text: "content",
      source: "x",
      id: "m_1",
      turn_id: "t_1",
    } as const;
    return [decisions.decide({ ...message, content: one }), decisions.decideHeard("m_1", one)];
  }),
  "src/livekit/redaction/review-spans.ts#reviewSpans": withNear((one, other) => {
    const spans = reviewSpans(record.spans, {
      message: ({ content }) => content,
      event: undefined,
      report: () => undefined,
    });
    const words = [{ text: other, at_s: 0, until_s: 1 }];
    spans.transcript({
      id: `m_${(messages += 1)}`,
      turnId: "t_1",
      source: "x",
      timestampMs: 0,
      content: one,
      words,
    });
  }),
  "src/livekit/redaction/session-names.ts#createSessionNames": (text) => {
    const names = createSessionNames(numbers);
    return [names.mask("room", text), names.mask("dispatch_metadata", text)];
  },
  "src/livekit/text/align-words.ts#alignWords": (text) => [
    alignWords(text, timesOf(text)),
    ...near(text).map((other) => alignWords(text, wordTimes(other))),
  ],
  "src/livekit/text/character-kind.ts#isSpace": (text) =>
    Array.from(text, (_, at) => isSpace(text.charCodeAt(at))),
  "src/livekit/text/character-kind.ts#kindOf": (text) =>
    Array.from(text, (character) => kindOf(character.codePointAt(0) ?? 0)),
  "src/livekit/text/character-kind.ts#rememberByCodePoint": (text) => {
    const remember = rememberByCodePoint((codePoint) => codePoint);
    return Array.from(text, (character) => remember(character.codePointAt(0) ?? 0));
  },
  "src/livekit/text/compare-text.ts#isSameText": withNear((one, other) =>
    isSameText(one, other, true),
  ),
  "src/livekit/text/compare-text.ts#lettersAndDigits": lettersAndDigits,
  "src/livekit/text/compare-text.ts#withoutSpaces": withoutSpaces,
  "src/livekit/text/find-similar.ts#findPlaceOf": withNear((one, other) =>
    findPlaceOf(Array.from(other.slice(0, one.length / 2)), Array.from(one), one.length, true),
  ),
  "src/livekit/text/find-text.ts#findEach": withNear(
    (one, other) => [...findEach(one, other)].length,
  ),
  "src/livekit/text/find-text.ts#findFirst": withNear((one, other) =>
    findFirst(one, other.slice(0, one.length / 2)),
  ),
  "src/livekit/text/heard-text.ts#findHeardText": (text) => [
    findHeardText({ text, words: [], heardS: 5, audioS: 10, estimate: near(text)[0] }),
    findHeardText({ text, words: timesOf(text), heardS: 5, audioS: 10 }),
  ],
  "src/livekit/text/heard-text.ts#findSameBeginning": withNear(findSameBeginning),
  "src/livekit/text/match-transcripts.ts#findWords": withNear((one, other) => {
    const pieces = one.match(/[\s\S]{1,100}/g) ?? [];
    return findWords([...pieces.map(waiting), waiting(one)], other.slice(0, one.length / 2));
  }),
  "src/livekit/text/match-transcripts.ts#matchParts": withNear((one, other) =>
    matchParts(one)(waiting(other.slice(0, one.length / 2))),
  ),
  "src/livekit/text/skip-known-words.ts#cutBefore": (text) =>
    cutBefore(heard(text), text.length / 2),
  "src/livekit/text/skip-known-words.ts#findKnown": withNear(findKnown),
  "src/livekit/text/speech-time.ts#estimateSpeechS": estimateSpeechS,
  "src/livekit/text/speech-time.ts#estimateSpeechTimes": estimateSpeechTimes,
  "src/livekit/text/spoken-words.ts#findSpokenWords": (text) => [
    findSpokenWords(timesOf(text), { audioS: 1, isComplete: true }),
    findSpokenWords([{ text, start_s: 0, end_s: 1 }], { audioS: 1, isComplete: false }),
  ],
  "src/livekit/text/text-letters.ts#findLetters": findLetters,
  "src/livekit/text/text-letters.ts#lettersOf": lettersOf,
  "src/livekit/text/text-tokens.ts#isLongToSegment": (text) => isLongToSegment(text, text),
  "src/livekit/text/text-tokens.ts#splitWords": (text) => [
    splitWords(text, false),
    splitWords(text, true),
  ],
  "src/livekit/text/text-words.ts#findTextWords": (text) => [...findTextWords(text)].length,
  "src/livekit/text/text-words.ts#findWordsNear": (text) => findWordsNear(text, text.length / 2),
  "src/livekit/text/transcript-words.ts#toSource": (text) =>
    toSource({ ...heard(text), sourceTexts: [text], sourceLanguages: [] }),
  "src/livekit/text/transcript-words.ts#toWordlessData": (text) => toWordlessData(text, "en", null),
  "src/livekit/text/transcript-words.ts#toWords": (text) =>
    toWords([{ text, startTime: 0, endTime: 1 } as voice.TimedString]),
  "src/livekit/text/unchanged-near.ts#findUnchangedNear": withNear((one, other) =>
    findUnchangedNear(one, other, one.length / 2),
  ),
  "src/livekit/text/unchanged-parts.ts#findUnchanged": withNear(findUnchanged),
  "src/platform/keep-days.ts#readKeepDays": (text) => readKeepDays(text, () => undefined),
  "src/platform/message-of.ts#messageOf": (text) => messageOf(new Error(text)),
  "src/platform/report.ts#reportSafely": (text) => reportSafely(() => undefined)(text),
  "src/platform/url-secrets.ts#showUrl": showUrl,
  "src/platform/url-secrets.ts#withoutSecrets": withoutSecrets,
  "src/platform/url-secrets.ts#withoutSecretsOf": (text) =>
    withoutSecretsOf([`http://u:p@h/${text.slice(0, 100)}`], text),
  "src/export/chat-messages.ts#toChat": (text) => toChat(exported(text), "generated"),
  "src/export/exported-call.ts#findingsOf": (text) =>
    findingsOf(exported(text), takeExcerpt(exported(text))),
  "src/export/exported-call.ts#takeExcerpt": (text) => takeExcerpt(exported(text)),
  "src/export/exported-call.ts#takeUntil": (text) => takeUntil(exported(text)),
  "src/export/exported-call.ts#toExportedCall": (text) => exported(text).view({ id: "m_1" }),
  "src/export/file-name.ts#fileNameOf": (text) =>
    fileNameOf(text, { extension: "srt", saysText: false, texts: ["heard"] }, "heard"),
  "src/export/html-page.ts#openPage": openPage,
  "src/export/html-text.ts#spoken": (text) => spoken("span", text, text),
  "src/export/html-text.ts#toHtml": toHtml,
  "src/export/html-text.ts#toHtmlLines": toHtmlLines,
  "src/export/html-timeline.ts#drawTimeline": (text) => [...drawTimeline(exported(text))],
  "src/export/markdown-text.ts#toCode": toCode,
  "src/export/markdown-text.ts#toMarkdown": toMarkdown,
  "src/export/message-text.ts#hasText": (text) => hasText(agentMessage(text, text), "both"),
  "src/export/message-text.ts#textOf": (text) => wordsOfMessage(agentMessage(text, text), "both"),
  "src/export/speech-times.ts#timeText": withNear((one, other) =>
    timeText(
      {
        ...agentMessage(one, one),
        words: other.split(" ").map((word) => ({ text: word, at_s: 0, until_s: 1 })),
      },
      one,
      { start_s: 0, end_s: 1 },
    )(one.length),
  ),
  "src/export/subtitle-cues.ts#breakLines": (text) => breakLines(text),
  "src/export/subtitle-cues.ts#listCues": (text) => [...listCues(exported(text), "both")],
  "src/export/tool-call.ts#readToolCall": (text) =>
    readToolCall({ type: "tool_call", timestamp: AT, data: { name: text, arguments: text } }),
  "src/export/vcon.ts#toVcon": (text) =>
    toVcon(exported(text), {
      text: "both",
      rows: "messages",
      bom: true,
      vconBody: "string",
      now: NOW,
      onLeftOut: () => undefined,
    }),
  "src/record/embedded-record.ts#embedRecord": (text) => [...embedRecord(conversationOf(text))],
  "src/record/embedded-record.ts#extractRecord": (text) =>
    extractRecord(`${[...embedRecord(conversationOf(text))].join("").slice(0, -9)}${text}`),
  "src/record/embedded-record.ts#isPage": isPage,
  "src/record/embedded-record.ts#streamRecord": (text) => [...streamRecord(conversationOf(text))],
  "src/record/bound-depth.ts#boundDepth": (text) => boundDepth({ text, list: [text] }),
  "src/platform/nearest-name.ts#nameNearest": (text) => nameNearest(text, ["session", "role"]),
  "src/record/delivery.ts#findDeliveryFault": withNear((one, other) =>
    findDeliveryFault({ ...agentMessage(one, other), delivery: "none", content: "", played_s: 1 }),
  ),
  "src/record/delivery.ts#hasOneGrapheme": hasOneGrapheme,
  "src/record/figures/speech.ts#countWords": countWords,
  "src/record/figures/speech.ts#listWords": listWords,
  "src/record/figures/speech.ts#toSpeech": (text) => toSpeech(agentMessage(text, text)),
  "src/record/json-data.ts#copyJsonObject": (text) => take(() => copyJsonObject({ [text]: text })),
  "src/record/json-data.ts#needPlainObject": (text) =>
    take(() => needPlainObject({ [text]: text })),
  "src/record/json-data.ts#textOfData": (text) => [textOfData(text), textOfData({ [text]: text })],
  "src/record/json-data.ts#textOfJson": (text) => [textOfJson(text), textOfJson([text])],
  "src/record/json-fault.ts#findJsonFault": findJsonFault,
  "src/record/markup.ts#findMarkup": findMarkup,
  "src/record/markup.ts#skipLeadingMarkup": skipLeadingMarkup,
  "src/record/markup.ts#withoutMarkup": withoutMarkup,
  "src/record/voice-cues.ts#findCueEnd": (text) =>
    Array.from({ length: text.length }, (_, at) => findCueEnd(text, at)),
  "src/record/voice-cues.ts#isCueName": (text) => [isCueName(text, true), isCueName(text, false)],
  "src/record/voice-cues.ts#mayBecomeCue": (text) => mayBecomeCue(`[${text}`),
  "src/platform/one-line.ts#toOneLine": toOneLine,
  "src/record/parse.ts#parseConversation": (text) => take(() => parseConversation(text, "x.json")),
  "src/platform/message-of.ts#isError": isError,
  "src/record/undated.ts#isUndatedStart": isUndatedStart,
  "src/record/parse-without-words.ts#parseWithoutWords": (text) => [
    parseWithoutWords(text, "x.json"),
    parseWithoutWords(JSON.stringify(conversationOf(text), null, 2), "x.json"),
  ],
  "src/record/parse-json.ts#parseJson": (text) => take(() => parseJson(text, "a text")),
  "src/record/segment-text.ts#hasUnspacedScript": hasUnspacedScript,
  "src/record/segment-text.ts#segmentGraphemes": (text) => [...segmentGraphemes(text)].length,
  "src/record/segment-text.ts#segmentWords": (text) => [...segmentWords(text)].length,
  "src/record/sidecar.ts#isTag": isTag,
  "src/record/sidecar.ts#parseSidecar": (text) => [
    take(() => parseSidecar(text, "x.tags.json")),
    take(() => parseSidecar(JSON.stringify({ format: 1, tags: [text] }), "x.tags.json")),
  ],
  "src/record/timestamp.ts#parseTimestamp": (text) => take(() => parseTimestamp(text)),
  "src/record/timestamp.ts#readTimestamp": readTimestamp,
  "src/record/word-times.ts#placeAgentWords": withNear((one, other) =>
    placeAgentWords(
      wordTimes(one),
      { untilS: 1, playedS: 0.5, momentOf: (audioS) => audioS },
      { delivery: "partial", content: other, text: one },
    ),
  ),
  "src/record/word-times.ts#placeUserWords": (text) =>
    placeUserWords(timesOf(text), { fromS: 0, untilS: 1 }),
};

function wordTimes(text: string) {
  return (text.match(/[\s\S]{1,20}/g) ?? []).map((word, at) => ({
    text: word,
    start_s: at / 10,
    end_s: (at + 1) / 10,
  }));
}

/** Why a function is not called, by how its name begins. */
const NOT_CALLED: [beginning: string, reason: string][] = [
  [
    "src/insight/findings/",
    "findFindings() runs every rule with the same texts, and the rest has no text",
  ],
  ["src/cli/text/turns-table.ts", "only the demo prints such a table, of words that it brings"],
  ["src/cli/text/", "its input is figures and names of figures"],
  ["src/insight/call-timeline.ts#viewEvent", "viewTimeline() calls it"],
  ["src/insight/tables/", "the rows of all tables are made with the same texts"],
  ["src/insight/call-statistics.ts", "its input is what summarizeCall() gives"],
  ["src/insight/call-summary.ts#countFindings", "its input is findings"],
  ["src/insight/check-calls.ts#checkCalls", "its input is what summarizeCall() gives"],
  ["src/insight/compare-latencies.ts", "its input is what summarizeCall() gives"],
  ["src/insight/compare-calls.ts", "its input is what summarizeCall() gives"],
  ["src/insight/latency-groups.ts", "its input is figures"],
  ["src/insight/moment.ts", "its input is a number of seconds"],
  ["src/insight/format-moment.ts", "its input is a number of seconds"],
  ["src/insight/percentiles.ts", "its input is figures"],
  ["src/insight/reply-table.ts", "its input is figures"],
  ["src/insight/resample.ts", "its input is figures"],
  ["src/insight/value-column.ts", "its input is figures"],
  ["src/insight/demo-call.ts", "its input is a mark of ours"],
  ["src/insight/turns.ts#pickTurn", "it compares ids"],
  ["src/livekit/redaction/kept-fields.ts", "it picks keys and looks at no value"],
  ["src/livekit/redaction/masked-participant.ts", "it hands texts on to PhoneNumbers"],
  ["src/export/clock-time.ts", "its input is times"],
  ["src/export/export-format.ts#writeEach", "its input is a function"],
  ["src/export/exported-call.ts#beginningOf", "its input is times"],
  ["src/export/formats.ts#findFormat", "its input is a name that the operator gave"],
  ["src/export/html-timeline.ts#drawWait", "its input is figures and names of figures"],
  ["src/export/speech-times.ts", "its input is times; timeText() is called"],
  ["src/export/waterfall.ts", "its input is figures and names of figures"],
  ["src/livekit/text/transcript-words.ts", "its input is times"],
  ["src/platform/absolute-path.ts", "its input is a path that the operator set"],
  ["src/platform/at-most.ts", "it waits"],
  ["src/platform/load-package.ts", "it loads a package"],
  ["src/platform/make-folder.ts", "its input is a path that the operator set"],
  ["src/platform/owner.ts", "its input is a process"],
  [
    "src/platform/report.ts#writeToStderr",
    "it writes to stderr; reportSafely() cleans the text before",
  ],
  ["src/record/compile-schema.ts", "its input is a schema of ours"],
  ["src/record/sidecar.ts#emptySidecar", "it has no input"],
  ["src/record/delivery.ts#findLastWordEnd", "its input is times"],
  ["src/record/errors.ts", "it makes an error of ours"],
  ["src/record/figures/", "its input is times"],
  ["src/record/message-fields.ts", "its input is the table of keys"],
  ["src/record/package-files.ts", "it reads our own package.json"],
  ["src/record/timestamp.ts#toTimestamp", "its input is a number"],
  [
    "src/record/upgrade",
    "parseConversation() calls it, and growth of many messages is tested beside it",
  ],
];

/** Texts of a kind each; runs of more characters are in hostile-text.test.ts. */
const KINDS: { name: string; make(length: number): string }[] = [
  " ",
  "a",
  "0-",
  '<a b="',
  '{"a":',
  "e\u0301",
  "您的",
].map((piece) => ({
  name: JSON.stringify(piece),
  make: (length) => `x${piece.repeat(Math.ceil(length / piece.length))}!`,
}));
const LONGEST = 8000;

describe("functions that get texts", () => {
  it("are all called here, or it says why not", async () => {
    const unknown = (await listExportedFunctions()).filter(
      (name) => CALLS[name] === undefined && !NOT_CALLED.some(([each]) => name.startsWith(each)),
    );
    expect(unknown, "functions that nobody calls with hostile texts yet").toEqual([]);
  });

  it("are still there that are called here", async () => {
    const all = new Set(await listExportedFunctions());
    expect(Object.keys(CALLS).filter((name) => !all.has(name))).toEqual([]);
  });

  it.each(Object.entries(CALLS))("%s takes time in proportion to a hostile text", (_name, work) => {
    const slow = KINDS.flatMap(({ name, make }) => {
      const growth = findSuperlinearGrowth(make, work, LONGEST);
      return growth === undefined ? [] : [`${name}: ${growth}`];
    });
    expect(slow).toEqual([]);
  });
});

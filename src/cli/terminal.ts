import { createInterface } from "node:readline";
import { toOneLine } from "../platform/one-line.js";
import { withoutSecretsOf } from "../platform/url-secrets.js";

/**
 * Styles (SGR), which this program makes itself, line feeds, and characters that could control a
 * terminal.
 */
const STYLE_OR_UNSEEN = /\u001b\[[0-9;]*m|\n|[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;
const CONTROL = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;
const UNSEEN_IN_JSON = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/gu;
const STYLE = /^\u001b\[/;
/** An argument that is a URL, or was meant as one: `//host`, `user:password@host`, `host:4318?key`. */
const URL_ARGUMENT = /\/\/|^[^\s@:/]+:[^@]*@|^[^\s:/]+:\d+[/?#]/;

/**
 * The only code that writes to the terminal. No words, model output or file names can control the
 * terminal, because control characters are shown by their codes, e.g. `\u001b`.
 */
export interface Terminal {
  /** The width of the terminal; undefined if the output goes to a file or a pipe. */
  readonly columns: number | undefined;
  /** Writes text for people to stdout. Styles stay, so the strings in it must be clean already. */
  print(text: string): void;
  printJson(value: unknown): void;
  /** Writes JSON on one line. */
  printJsonLine(value: unknown): void;
  /**
   * Writes a piece of a file to stdout as it is. If stdout is a terminal, a text is made safe for it, and
   * styles are shown by their codes too, because a file has none of this program.
   * Resolves when stdout takes more.
   */
  printData(piece: string | Uint8Array): Promise<void>;
  /** Writes one line to stderr, after `withoutSecrets`. It may contain anything. */
  report(line: string): void;
  /** The text without user, password, query and fragment of URLs, including URLs in arguments. */
  withoutSecrets(text: string): string;
  /** Writes a block of lines to stderr, such as the help. */
  reportBlock(text: string): void;
  /**
   * Asks a question that is answered by yes or no. Resolves to undefined if nobody can answer, because
   * stdin or stderr is no terminal.
   */
  confirm(question: string): Promise<boolean | undefined>;
  /** Resolves when everything printed has left this process. */
  flush(): Promise<void>;
}

/**
 * Prints to the process's own outputs. An output that nobody reads any more causes no error. A user who
 * closes a pager has seen enough, and a closed stderr does not affect the answer.
 *
 * @param onLost called once when stdout takes no more
 */
export function openTerminal(onLost: () => void): Terminal {
  const { stdout, stderr } = process;
  let isLost = false;
  // Without a listener, a failing stream ends Node with a stack trace.
  stderr.on("error", () => undefined);
  const urls = process.argv
    .slice(2)
    .flatMap((argument) => [argument, argument.replace(/^--[a-z-]+=/, "")])
    .filter((argument) => URL_ARGUMENT.test(argument));
  const withoutSecrets = (text: string): string => withoutSecretsOf(urls, text);
  const report = (line: string): void => void stderr.write(`${toOneLine(withoutSecrets(line))}\n`);
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (isLost) return;
    isLost = true;
    // A full disk behind a redirection must be reported.
    if (error.code !== "EPIPE") {
      report(`Cannot write the output: ${error.message}`);
      process.exitCode = 1;
    }
    onLost();
  });
  return {
    columns: stdout.columns,
    print: (text) => void stdout.write(`${cleanText(text)}\n`),
    printJson: (value) => void stdout.write(`${formatJson(value)}\n`),
    printJsonLine: (value) => void stdout.write(`${formatJson(value, 0)}\n`),
    printData: (piece) =>
      new Promise((resolve) => {
        const data = stdout.isTTY && typeof piece === "string" ? cleanData(piece) : piece;
        if (isLost || !stdout.writable || stdout.write(data)) resolve();
        else stdout.once("drain", resolve);
      }),
    report,
    withoutSecrets,
    reportBlock: (text) => void stderr.write(cleanText(text)),
    confirm: (question) =>
      process.stdin.isTTY && stderr.isTTY
        ? askYesOrNo(toOneLine(withoutSecrets(question)))
        : Promise.resolve(undefined),
    flush: () =>
      new Promise((resolve) => {
        // The callback is also called if the write fails.
        if (isLost || !stdout.writable) resolve();
        else stdout.write("", () => resolve());
      }),
  };
}

/** Anything but `y` and `yes` is a no, also the end of the input and Ctrl-C. */
function askYesOrNo(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    lines.once("SIGINT", () => lines.close());
    lines.once("close", () => resolve(false));
    lines.question(`${question} [y/N] `, (answer) => {
      resolve(/^y(?:es)?$/i.test(answer.trim()));
      lines.close();
    });
  });
}

/** JSON that is safe for a terminal: the same value, with control characters as `\uXXXX`. Pure. */
export function formatJson(value: unknown, indent = 2): string {
  return JSON.stringify(value, null, indent).replace(UNSEEN_IN_JSON, showCode);
}

/** Keeps lines and styles, and shows every other control character by its code. Pure. */
export function cleanText(text: string): string {
  return text.replace(STYLE_OR_UNSEEN, (found) =>
    found === "\n" || STYLE.test(found) ? found : showCode(found),
  );
}

/**
 * Keeps lines, and shows every other control character by its code. Styles in a file are somebody's words,
 * and the style "hidden" would hide what follows it. Pure.
 */
export function cleanData(text: string): string {
  return text.replace(CONTROL, (found) => (found === "\n" ? found : showCode(found)));
}

/**
 * A value with every string in it on one line and without control characters. So text made from it has
 * only the program's own styles. Clean parts are not copied. Pure.
 */
export function cleanStrings<T>(value: T): T {
  return clean(value) as T;
}

function clean(value: unknown): unknown {
  if (typeof value === "string") return toOneLine(value);
  if (value === null || typeof value !== "object") return value;
  let hasChanged = false;
  const keep = (before: unknown): unknown => {
    const after = clean(before);
    hasChanged ||= after !== before;
    return after;
  };
  if (Array.isArray(value)) {
    const items = value.map(keep);
    return hasChanged ? items : value;
  }
  const entries = Object.entries(value).map(([key, each]) => [keep(key) as string, keep(each)]);
  return hasChanged ? (Object.fromEntries(entries) as unknown) : value;
}

function showCode(unseen: string): string {
  return `\\u${unseen.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

import { withoutSecretsOf } from "../platform/url-secrets.js";
import { toOneLine } from "../record/index.js";

/** Styles (SGR), which this program makes itself; a line feed; and what would steer a terminal. */
const STYLE_OR_UNSEEN = /\u001b\[[0-9;]*m|\n|[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;
const UNSEEN_IN_JSON = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/gu;
const STYLE = /^\u001b\[/;
/** An argument that is, or was meant as, a URL: `//host`, `user:password@host`, `host:4318?key`. */
const URL_ARGUMENT = /\/\/|^[^\s@:/]+:[^@]*@|^[^\s:/]+:\d+[/?#]/;

/**
 * The only place that writes to the terminal. Nothing that somebody said, a model made up or a file
 * is called can steer it: controls are shown by their codes, e.g. `\u001b`.
 */
export interface Terminal {
  /** How wide it is; undefined where the output goes to a file or a pipe. */
  readonly columns: number | undefined;
  /** Writes text for people to stdout. Styles stay, so strings in it are to be cleaned before. */
  print(text: string): void;
  printJson(value: unknown): void;
  /** Writes JSON on one line. */
  printJsonLine(value: unknown): void;
  /** Writes one line to stderr, whatever it has in it, as `withoutSecrets` gives it. */
  report(line: string): void;
  /** The text without the user, password, query and fragment of URLs, also of those in arguments. */
  withoutSecrets(text: string): string;
  /** Writes a block of lines to stderr, such as the help. */
  reportBlock(text: string): void;
  /** Resolves when what was printed has left this process. */
  flush(): Promise<void>;
}

/**
 * Prints to the process's own outputs. What nobody reads any more ends nothing: whoever closes a
 * pager has seen enough, and a closed stderr takes nothing from the answer.
 *
 * @param onLost is called once when stdout takes no more
 */
export function openTerminal(onLost: () => void): Terminal {
  const { stdout, stderr } = process;
  let isLost = false;
  // A stream that fails without a listener ends Node with a stack trace.
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
    // A full disk behind a redirection has to be known.
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
    report,
    withoutSecrets,
    reportBlock: (text) => void stderr.write(cleanText(text)),
    flush: () =>
      new Promise((resolve) => {
        // The callback comes also when the write fails.
        if (isLost || !stdout.writable) resolve();
        else stdout.write("", () => resolve());
      }),
  };
}

/** JSON as a terminal may show it: the same value, with what would steer one as `\uXXXX`. Pure. */
export function formatJson(value: unknown, indent = 2): string {
  return JSON.stringify(value, null, indent).replace(UNSEEN_IN_JSON, showCode);
}

/** Leaves lines and styles, and shows every other control by its code. Pure. */
export function cleanText(text: string): string {
  return text.replace(STYLE_OR_UNSEEN, (found) =>
    found === "\n" || STYLE.test(found) ? found : showCode(found),
  );
}

/**
 * A value with every string in it on one line and without controls, so that text made of it has
 * no styles but the program's own. What is clean already is not copied. Pure.
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

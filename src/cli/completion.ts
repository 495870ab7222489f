import type { CommandDescription, ProgramDescription } from "./describe-program.js";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** Each script calls `talktrace complete` and passes the typed words as arguments. It runs none of them. */
const SCRIPTS: Record<Shell, string> = {
  bash: `_talktrace() {
  local found
  COMPREPLY=()
  while IFS= read -r found; do
    COMPREPLY+=("$found")
  done < <(talktrace complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _talktrace talktrace`,
  zsh: `#compdef talktrace
_talktrace() {
  local -a found
  found=("\${(@f)$(talktrace complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then
    compadd -a found
  else
    _files
  fi
}
compdef _talktrace talktrace`,
  fish: `function __talktrace_complete
  set -l typed (commandline -opc)
  talktrace complete -- $typed[2..-1] (commandline -ct) 2>/dev/null
end
complete -c talktrace -a "(__talktrace_complete)"`,
};

/** The script for a shell. Pure. */
export function writeCompletion(shell: Shell): string {
  return SCRIPTS[shell];
}

/** Arguments that are names of calls. */
const CALL_ARGUMENTS = ["call", "calls", "file", "files", "a", "b"];

/**
 * The possible completions of the last word. Pure.
 *
 * @param words what was typed after the program's name; the last one may be empty
 * @param listNames returns names of calls; it is called only if a call may be named here
 */
export async function completeWords(
  { commands }: ProgramDescription,
  words: readonly string[],
  listNames: () => Promise<readonly string[]>,
): Promise<string[]> {
  const begun = words.at(-1) ?? "";
  const command = commands.find(({ name }) => words.slice(0, -1).includes(name));
  const found =
    command === undefined
      ? [...commands.map(({ name }) => name), "--help", "--version"]
      : await completeFor(command, words.slice(0, -1), begun, listNames);
  return found.filter((each) => each.startsWith(begun));
}

async function completeFor(
  command: CommandDescription,
  before: readonly string[],
  begun: string,
  listNames: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const last = before.at(-1) ?? "";
  const option = command.options.find(({ flags }) => namesOf(flags).includes(last));
  if (option?.takes_value === true) return option.choices ?? [];
  const flags = ["--help", ...command.options.flatMap((each) => namesOf(each.flags))];
  if (begun.startsWith("-")) return flags;
  const choices = command.arguments.flatMap((argument) => argument.choices ?? []);
  const takesCall = command.arguments.some(({ name }) => CALL_ARGUMENTS.includes(name));
  return [...choices, ...(takesCall ? await listNames() : [])];
}

/** `-h, --help` gives `-h` and `--help`; `--limit <n>` gives `--limit`. */
function namesOf(flags: string): string[] {
  return flags.split(/[ ,]+/).filter((part) => part.startsWith("-"));
}

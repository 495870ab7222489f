import { Argument } from "commander";
import { SHELLS, type Shell, writeCompletion } from "../completion.js";
import { defineCommand } from "../run-command.js";

export interface CompletionAnswer {
  shell: Shell;
  script: string;
}

export const completionCommand = defineCommand<{ shell: Shell }, CompletionAnswer>({
  name: "completion",
  description: "Print a script that makes a shell complete commands, options and names of calls.",
  arguments: [new Argument("<shell>", "the shell that runs the script").choices(SHELLS)],
  readsSource: false,
  examples: [
    'eval "$(talktrace completion bash)"   # in ~/.bashrc',
    'eval "$(talktrace completion zsh)"    # in ~/.zshrc, after compinit',
    "talktrace completion fish > ~/.config/fish/completions/talktrace.fish",
  ],
  answer: (_source, { shell }) => Promise.resolve({ shell, script: writeCompletion(shell) }),
  toText: ({ shell }) => writeCompletion(shell),
});

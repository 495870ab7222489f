import { type Shell, writeCompletion } from "../completion.js";
import { defineCommand } from "../run-command.js";

export interface CompletionAnswer {
  shell: Shell;
  script: string;
}

export const completionCommand = defineCommand<{ shell: Shell }, CompletionAnswer>({
  readsSource: false,
  examples: [
    'eval "$(talktrace completion bash)"   # in ~/.bashrc',
    'eval "$(talktrace completion zsh)"    # in ~/.zshrc, after compinit',
    "talktrace completion fish > ~/.config/fish/completions/talktrace.fish",
  ],
  answer: (_source, { shell }) => Promise.resolve({ shell, script: writeCompletion(shell) }),
  toText: ({ shell }) => writeCompletion(shell),
});

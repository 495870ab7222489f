const handlers = new Set<() => void>();
let isListening = false;

/**
 * Runs a synchronous action when this process ends normally, also by `process.exit()`. The result
 * removes the action.
 */
export function onProcessExit(action: () => void): () => void {
  handlers.add(action);
  if (!isListening) {
    isListening = true;
    // One listener serves all actions, because Node warns about more than ten.
    process.once("exit", () => {
      for (const handler of handlers) handler();
    });
  }
  return () => void handlers.delete(action);
}

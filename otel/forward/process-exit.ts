const handlers = new Set<() => void>();
let isListening = false;

/**
 * Runs a synchronous action when this process ends in order, also by `process.exit()`. The result
 * takes the action back.
 */
export function onProcessExit(action: () => void): () => void {
  handlers.add(action);
  if (!isListening) {
    isListening = true;
    // One listener for all: Node warns of more than ten.
    process.once("exit", () => {
      for (const handler of handlers) handler();
    });
  }
  return () => void handlers.delete(action);
}

import { findFindings, prepareFacts } from "../insight/index.js";
import type { Conversation, Sidecar } from "../record/index.js";
import { changeSidecar } from "../store/index.js";
import type { CompiledConfig } from "./make-rules.js";
import { readConfig } from "./read-config.js";

/** The config's categories to which a call belongs. Pure. */
export function findCategories(conversation: Conversation, config: CompiledConfig): string[] {
  const facts = prepareFacts(conversation, config.limits);
  const found = findFindings(conversation, config);
  return config.categories
    .filter(({ fits }) => fits(facts, found).length > 0)
    .map(({ name }) => name);
}

/**
 * Gives the call whose file is at `path` the tags of its categories, and keeps its other tags. Resolves
 * to the new sidecar; undefined if nothing changed.
 *
 * Rejects if the tags cannot be read or written.
 */
export async function tagCall(
  path: string,
  conversation: Conversation,
  config: CompiledConfig,
): Promise<Sidecar | undefined> {
  const categories = findCategories(conversation, config);
  if (categories.length === 0) return undefined;
  let hasChanged = false;
  const sidecar = await changeSidecar(path, (before) => {
    const tags = [...new Set([...before.tags, ...categories])];
    hasChanged = tags.length > before.tags.length;
    return { ...before, tags };
  });
  return hasChanged ? sidecar : undefined;
}

/**
 * Makes an `onComplete` for `observe()` that tags each call at its end by the categories of a config.
 * It waits for nothing but its own file.
 *
 *     observe(session, { onComplete: tagByRules("talktrace.config.json") });
 *
 * @throws {Error} with the path and line of each fault of the config
 */
export function tagByRules(
  configPath = "talktrace.config.json",
): (completed: { path: string; conversation: Conversation }) => Promise<void> {
  const config = readConfig(configPath);
  return async ({ path, conversation }) => {
    await tagCall(path, conversation, config);
  };
}

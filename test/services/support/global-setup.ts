import type { TestProject } from "vitest/node";
import { type Servers, startServers } from "./servers.js";

declare module "vitest" {
  export interface ProvidedContext {
    servers: Servers;
  }
}

/** The servers are started once, before the first test. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { servers, stop } = await startServers();
  project.provide("servers", servers);
  return stop;
}

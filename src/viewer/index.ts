/** The local page over calls, and its server. */
export { type CallReader } from "./server/call-reader.js";
export { type RunningServer, type ServerOptions, startServer } from "./server/start-server.js";

import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface LoopbackServer {
  server: Server;
  /** `127.0.0.1:PORT` */
  host: string;
  /** Cuts every open connection, like a failing network. */
  drop: () => void;
  /** Cuts every open connection and frees the port. */
  stop: () => Promise<void>;
}

/** Serves HTTP on a free port of 127.0.0.1. */
export async function listenOnLoopback(onRequest: RequestListener): Promise<LoopbackServer> {
  const server = createServer(onRequest);
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // A client may disconnect during a request, which is no error.
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    server,
    host: `127.0.0.1:${port}`,
    drop,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        drop();
      }),
  };
}

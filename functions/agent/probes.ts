import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { isAlive, type Pulse } from "../../core/app/agent/pulse.ts";

export interface Probes {
  readonly port: number;
  close(): Promise<void>;
}

const requestMsMax = 5_000;

/**
 * Answers kubelet's probes on all addresses of the pod: `/healthz` is 503 when the agent's loop hangs, `/readyz`
 * until a tick has come as far as a look at targets. Nothing else is served, and nothing is read of a request.
 */
export async function serveProbes(port: number, pulse: () => Pulse, nowMs: () => number): Promise<Probes> {
  const server = createServer({ requestTimeout: requestMsMax, headersTimeout: requestMsMax }, ({ url }, response) => {
    const answer = (good: boolean, why: string) => {
      response.writeHead(good ? 200 : 503, { "content-type": "text/plain", connection: "close" });
      response.end(good ? "ok\n" : `${why}\n`);
    };
    if (url === "/healthz") answer(isAlive(pulse(), nowMs()), "the loop hangs");
    else if (url === "/readyz") answer(pulse().ready, "no tick has reached its targets");
    else response.writeHead(404, { connection: "close" }).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

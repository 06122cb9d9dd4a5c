import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { TLSSocket } from "node:tls";
import { expect, test } from "vitest";
import { KubernetesClient } from "../../contract/kubernetes-server.ts";
import { binariesFolder } from "../binaries.ts";
import { startRealServer } from "./real-server.ts";

test("the driver speaks HTTP/2 with a server that has it, over few connections", async () => {
  const client = new KubernetesClient(await startRealServer(binariesFolder("kubernetes")));
  await client.must("POST", "/api/v1/namespaces", { metadata: { name: "n" } });
  const sockets: TLSSocket[] = [];
  const listener = (message: unknown) => void sockets.push((message as { readonly socket: TLSSocket }).socket);
  subscribe("undici:client:connected", listener);
  const cluster = client.connect();
  await Promise.all(Array.from({ length: 200 }, (_, n) => cluster.createEmptySecret("n", `p${n}`, { of: "n" })));
  unsubscribe("undici:client:connected", listener);
  await client.close();
  await client.server.close();
  expect(new Set(sockets.map(({ alpnProtocol }) => alpnProtocol))).toEqual(new Set(["h2"]));
  // One was seen; with HTTP/1.1 it would be one for each call in flight.
  expect(sockets.length).toBeLessThanOrEqual(2);
});

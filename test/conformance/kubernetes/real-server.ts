import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Agent, request } from "undici";
import { kubernetesCertificates } from "../../contract/kubernetes-authority.ts";
import type { KubernetesServer } from "../../contract/kubernetes-server.ts";
import { stop } from "../processes.ts";

const readyWithinMs = 120_000;
const adminToken = "conformance-admin";

/**
 * etcd and kube-apiserver from this folder of binaries, in a folder that goes with them; RBAC, no controllers.
 * `full` false: without the second server on the same etcd, which watches all that the first one writes.
 */
export async function startRealServer(binaries: string, full = true): Promise<KubernetesServer> {
  const folder = mkdtempSync(join(tmpdir(), "capstan-apiserver-"));
  const { caPem, tls } = await kubernetesCertificates();
  const dispatcher = new Agent({ connect: { ca: caPem } });
  writeFiles(folder, tls);
  const [clientPort, peerPort, port, fullPort] = await freePorts();
  const etcdUrl = `http://127.0.0.1:${clientPort}`;
  const log = (name: string) => openSync(join(folder, `${name}.log`), "a");
  const start = (program: string, args: readonly string[], name: string): ChildProcess =>
    spawn(join(binaries, program), args, { stdio: ["ignore", log(name), log(name)], cwd: folder });

  const etcd = start("etcd", etcdArgs(etcdUrl, `http://127.0.0.1:${peerPort}`), "etcd");
  const startFirst = () => start("kube-apiserver", apiServerArgs(etcdUrl, port), "kube-apiserver");
  let first = startFirst();
  const fullArgs = ["--enable-priority-and-fairness=false", "--max-mutating-requests-inflight=1"];
  const second = full
    ? start("kube-apiserver", [...apiServerArgs(etcdUrl, fullPort), ...fullArgs], "kube-apiserver-full")
    : null;
  const url = `https://127.0.0.1:${port}`;
  const fullUrl = full ? `https://127.0.0.1:${fullPort}` : url;
  const close = async () => {
    await Promise.all([first, ...(second === null ? [] : [second])].map(stop));
    await stop(etcd);
    await dispatcher.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const ready = (at: string, name: string) => untilReady(dispatcher, at, () => lastLines(join(folder, `${name}.log`)));
  try {
    await ready(url, "kube-apiserver");
    if (full) await ready(fullUrl, "kube-apiserver-full");
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url,
    fullUrl,
    caPem,
    adminToken,
    compact: async () => {
      await compactEtcd(etcdUrl);
      // The server's own cache would still answer from before.
      await stop(first);
      first = startFirst();
      await ready(url, "kube-apiserver");
    },
    putExternalSecret: externalSecrets(url, dispatcher),
    close,
  };
}

/** A kind of that name and group, with whatever fields: what its controller checks is not played. */
const crd = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "externalsecrets.external-secrets.io" },
  spec: {
    group: "external-secrets.io",
    scope: "Namespaced",
    names: { plural: "externalsecrets", singular: "externalsecret", kind: "ExternalSecret" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
              status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
            },
          },
        },
      },
    ],
  },
};

function externalSecrets(url: string, dispatcher: Agent): KubernetesServer["putExternalSecret"] {
  const call = async (method: "GET" | "PATCH", path: string, body?: object) => {
    const headers = { authorization: `Bearer ${adminToken}`, "content-type": "application/apply-patch+yaml" };
    const query = method === "GET" ? "" : "?fieldManager=contract&force=true";
    const reply = await request(`${url}${path}${query}`, {
      method,
      dispatcher,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await reply.body.text();
    return { status: reply.statusCode, text };
  };
  const must = async (...args: Parameters<typeof call>) => {
    const { status, text } = await call(...args);
    if (status >= 300) throw new Error(`${args[0]} ${args[1]}: ${status} ${text}`);
  };
  return async (namespace, name, { spec, status }) => {
    const root = "/apis/external-secrets.io/v1";
    await must("PATCH", `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd.metadata.name}`, crd);
    const endMs = Date.now() + readyWithinMs;
    while ((await call("GET", `${root}/externalsecrets`)).status !== 200) {
      if (Date.now() > endMs) throw new Error("the kind is not served");
      await delay(100);
    }
    const object = { apiVersion: "external-secrets.io/v1", kind: "ExternalSecret", metadata: { namespace, name } };
    const path = `${root}/namespaces/${namespace}/externalsecrets/${name}`;
    await must("PATCH", path, { ...object, spec });
    if (status !== undefined) await must("PATCH", `${path}/status`, { ...object, status });
  };
}

function writeFiles(folder: string, tls: { readonly cert: string; readonly key: string }): void {
  const pem = { type: "pkcs8", format: "pem" } as const;
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: pem,
  });
  const files = {
    "tls.crt": tls.cert,
    "tls.key": tls.key,
    "accounts.key": privateKey,
    "accounts.pub": publicKey,
    "tokens.csv": `${adminToken},admin,admin-uid,"system:masters"\n`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
}

const etcdArgs = (clientUrl: string, peerUrl: string) => [
  "--data-dir=etcd",
  "--unsafe-no-fsync",
  `--listen-client-urls=${clientUrl}`,
  `--advertise-client-urls=${clientUrl}`,
  `--listen-peer-urls=${peerUrl}`,
  `--initial-advertise-peer-urls=${peerUrl}`,
  `--initial-cluster=default=${peerUrl}`,
  "--log-level=error",
];

const apiServerArgs = (etcdUrl: string, port: number) => [
  `--etcd-servers=${etcdUrl}`,
  "--bind-address=127.0.0.1",
  `--secure-port=${port}`,
  "--tls-cert-file=tls.crt",
  "--tls-private-key-file=tls.key",
  "--service-account-issuer=https://kubernetes.default.svc",
  "--service-account-key-file=accounts.pub",
  "--service-account-signing-key-file=accounts.key",
  "--token-auth-file=tokens.csv",
  "--authorization-mode=RBAC",
  "--service-cluster-ip-range=10.0.0.0/24",
];

async function untilReady(dispatcher: Agent, url: string, log: () => string): Promise<void> {
  const headers = { authorization: `Bearer ${adminToken}` };
  const endMs = Date.now() + readyWithinMs;
  while (Date.now() < endMs) {
    const status = await request(`${url}/readyz`, { dispatcher, headers }).then(
      async (reply) => {
        await reply.body.dump();
        return reply.statusCode;
      },
      () => 0,
    );
    if (status === 200) return;
    await delay(200);
  }
  throw new Error(`${url} is not ready within ${readyWithinMs} ms:\n${log()}`);
}

async function compactEtcd(url: string): Promise<void> {
  const post = async (path: string, body: object) => {
    const reply = await request(`${url}${path}`, { method: "POST", body: JSON.stringify(body) });
    return (await reply.body.json()) as { readonly header?: { readonly revision?: string } };
  };
  const revision = (await post("/v3/maintenance/status", {})).header?.revision;
  if (revision === undefined) throw new Error("etcd does not tell its revision");
  await post("/v3/kv/compaction", { revision, physical: true });
}

async function freePorts(): Promise<[number, number, number, number]> {
  const servers = await Promise.all([1, 2, 3, 4].map(listenAnywhere));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports as [number, number, number, number];
}

async function listenAnywhere(): Promise<ReturnType<typeof createServer>> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const lastLines = (file: string) => readFileSync(file, "utf8").split("\n").slice(-20).join("\n");

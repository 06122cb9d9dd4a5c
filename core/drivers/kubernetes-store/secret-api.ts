import { PortError } from "../../ports/errors.ts";
import { Secret } from "../../secret.ts";
import { createDispatcher } from "../http/dispatcher.ts";
import { type HttpReply, type HttpRequest, sendHttp } from "../http/request.ts";
import { type CallFacts, failureOf } from "./failures.ts";

const requestTimeoutMsDefault = 15_000;
/** An object may have 1.5 MiB in etcd; base64 and metadata come on top. */
const replyBytesMax = 4 * 1024 * 1024;

/** How to reach the Secrets of one namespace. */
export interface SecretAccess {
  /** Base address of the API server, a path included where it has one. */
  readonly server: string;
  readonly caFile?: string | undefined;
  readonly caPem?: string | undefined;
  readonly namespace: string;
  /** Bearer token; asked at every call, so that one that is renewed is taken up. */
  readonly token: () => Promise<Secret> | Secret;
  /** In `managedFields`. */
  readonly fieldManager: string;
  /** Of one request; 15 s where absent. */
  readonly requestTimeoutMs?: number | undefined;
  readonly nowMs: () => number;
}

export interface StoredSecret {
  readonly resourceVersion: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** Decoded. */
  readonly data: Readonly<Record<string, Secret>>;
}

export interface SecretContent {
  /** Null: taken away. */
  readonly annotations: Readonly<Record<string, string | null>>;
  readonly data: Readonly<Record<string, Secret | null>>;
}

export interface SecretReply {
  readonly secret: StoredSecret;
  readonly serverMs: number | null;
}

/** Get, create and patch, each one request. A read names no resource version and so is consistent. */
export interface SecretApi {
  readonly system: string;
  /** Null secret: absent, said by the API server. */
  get(name: string): Promise<{ readonly secret: StoredSecret | null; readonly serverMs: number | null }>;
  /** Throws `conflict` (`already-exists`). */
  create(name: string, content: SecretContent): Promise<SecretReply>;
  /** Changes what is named, if the object is still at this version. Throws `conflict` (`stale-writer`), `not-found`. */
  patch(name: string, resourceVersion: string, content: SecretContent): Promise<SecretReply>;
}

type Fields = Readonly<Record<string, unknown>>;

const asObject = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};

function storedOf(text: string): StoredSecret | null {
  try {
    const object = asObject(JSON.parse(text));
    const metadata = asObject(object["metadata"]);
    const resourceVersion = metadata["resourceVersion"];
    if (object["kind"] !== "Secret" || typeof resourceVersion !== "string") return null;
    const data = Object.entries(asObject(object["data"])).map(
      ([key, base64]) => [key, new Secret(Buffer.from(String(base64), "base64").toString("utf8"))] as const,
    );
    const annotations = Object.entries(asObject(metadata["annotations"])).map(([key, one]) => [key, String(one)]);
    return { resourceVersion, annotations: Object.fromEntries(annotations), data: Object.fromEntries(data) };
  } catch {
    return null;
  }
}

function dataOf(data: SecretContent["data"]): Readonly<Record<string, string | null>> {
  const encoded = Object.entries(data).map(
    ([key, value]) => [key, value === null ? null : Buffer.from(value.reveal()).toString("base64")] as const,
  );
  return Object.fromEntries(encoded);
}

/** Throws at once for an endpoint that is no URL or plain http beyond loopback, and for an unreadable `caFile`. */
export function createSecretApi(access: SecretAccess, system: string): SecretApi {
  const { namespace } = access;
  const server = access.server.replace(/\/+$/, "");
  const dispatcher = createDispatcher({ endpoint: server, caFile: access.caFile, caPem: access.caPem });
  const secrets = `${server}/api/v1/namespaces/${namespace}/secrets`;

  function badReply({ operation, subject }: CallFacts): PortError {
    const message = `${system}: ${operation} ${subject}: a reply that is no Secret`;
    return new PortError("invalid", message, { system, operation, reason: "bad-reply" });
  }

  async function tokenFor(call: CallFacts): Promise<string> {
    try {
      return (await access.token()).reveal();
    } catch (error) {
      if (error instanceof PortError) throw error;
      const message = `${system}: ${call.operation}: no token could be had`;
      throw new PortError("denied", message, { system, operation: call.operation, reason: "bad-credentials" });
    }
  }

  async function send(call: CallFacts, wanted: Pick<HttpRequest, "method" | "url" | "body">): Promise<HttpReply> {
    const type = wanted.method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const reply = await sendHttp(dispatcher, {
      ...wanted,
      headers: {
        accept: "application/json",
        authorization: `Bearer ${await tokenFor(call)}`,
        "user-agent": "capstan",
        ...(wanted.body === undefined ? {} : { "content-type": type }),
      },
      timeoutMs: access.requestTimeoutMs ?? requestTimeoutMsDefault,
      bodyBytesMax: replyBytesMax,
      system,
      operation: call.operation,
    });
    if (reply.status >= 400) throw failureOf(call, reply, access.nowMs());
    return reply;
  }

  async function secretOf(call: CallFacts, wanted: Pick<HttpRequest, "method" | "url" | "body">): Promise<SecretReply> {
    const reply = await send(call, wanted);
    const secret = storedOf(reply.text);
    if (secret === null) throw badReply(call);
    return { secret, serverMs: reply.serverMs };
  }

  const callOf = (operation: string, name: string): CallFacts => ({
    system,
    operation,
    subject: `${namespace}/${name}`,
  });
  const writeQuery = `?fieldManager=${encodeURIComponent(access.fieldManager)}`;

  return {
    system,

    async get(name) {
      try {
        return await secretOf(callOf("secrets.get", name), { method: "GET", url: `${secrets}/${name}` });
      } catch (error) {
        if (error instanceof PortError && error.kind === "not-found") return { secret: null, serverMs: null };
        throw error;
      }
    },

    create(name, { annotations, data }) {
      const metadata = { name, namespace, annotations, labels: { "app.kubernetes.io/managed-by": "capstan" } };
      const body = JSON.stringify({ apiVersion: "v1", kind: "Secret", type: "Opaque", metadata, data: dataOf(data) });
      return secretOf(callOf("secrets.create", name), { method: "POST", url: `${secrets}${writeQuery}`, body });
    },

    patch(name, resourceVersion, { annotations, data }) {
      const body = JSON.stringify({ metadata: { resourceVersion, annotations }, data: dataOf(data) });
      return secretOf(callOf("secrets.patch", name), { method: "PATCH", url: `${secrets}/${name}${writeQuery}`, body });
    },
  };
}

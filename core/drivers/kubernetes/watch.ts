import { type Dispatcher, request } from "undici";
import { PortError } from "../../ports/errors.ts";
import type { NamespaceNews, WatchRequest } from "../../ports/namespace-watch.ts";
import type { Secret } from "../../secret.ts";
import { causeCode } from "../http/request.ts";
import { type CallFacts, failureOf } from "./failures.ts";
import { recordOf, textIn } from "./reach.ts";
import type { TokenKeeper } from "./token.ts";

export interface WatchOptions {
  readonly name: string;
  readonly server: string;
  readonly dispatcher: Dispatcher;
  readonly tokens: TokenKeeper;
  readonly nowMs: () => number;
  /** How long one request watches; the server ends it then. Default 240. */
  readonly watchSecondsMax?: number | undefined;
}

const watchSecondsMaxDefault = 240;
/** A connection that died without a word is given up this long after the server should have ended the watch. */
const silenceMsMax = 15_000;
/** An object has at most 1.5 MiB in etcd; its JSON is longer. */
const lineCharactersMax = 4 * 1024 * 1024;
const refusalCharactersMax = 64 * 1024;

/**
 * One watch request over the cluster's own dispatcher. The SDK's `Watch` opens connections of its own, without our
 * authority and token, and gives up after 30 s of silence (clouds.md D1). `limit` and the gate are left out on
 * purpose: a watch is no call that waits for an answer.
 */
export async function watchNamespaces(
  options: WatchOptions,
  wanted: WatchRequest,
  told: (news: NamespaceNews) => void,
  signal: AbortSignal,
): Promise<void> {
  const { name, tokens, nowMs, watchSecondsMax = watchSecondsMaxDefault } = options;
  const call: CallFacts = {
    system: `kubernetes ${name}`,
    operation: "namespaces.watch",
    resource: "namespaces",
    subject: "all",
  };
  const over = AbortSignal.any([signal, AbortSignal.timeout(watchSecondsMax * 1000 + silenceMsMax)]);
  const url = urlOf(options.server, wanted, watchSecondsMax);
  try {
    const token = await tokens.current();
    let reply = await open(options.dispatcher, url, token, over);
    if (reply.statusCode === 401) {
      await reply.body.dump();
      reply = await open(options.dispatcher, url, await tokens.after(token), over);
    }
    if (reply.statusCode !== 200) throw await refusal(call, reply, nowMs());
    for await (const line of linesOf(reply.body, call)) {
      const news = newsOf(line, call, nowMs());
      if (news !== null) told(news);
    }
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof PortError) throw error;
    const message = `${call.system}: ${call.operation}: the connection broke (${causeCode(error)})`;
    throw new PortError("unreachable", message, { system: call.system, operation: call.operation });
  }
}

function urlOf(server: string, { labelSelector, after }: WatchRequest, seconds: number): string {
  const url = new URL(`${server.replace(/\/+$/, "")}/api/v1/namespaces`);
  url.search = new URLSearchParams({
    watch: "true",
    allowWatchBookmarks: "true",
    timeoutSeconds: String(seconds),
    ...(labelSelector === "" ? {} : { labelSelector }),
    ...(after === null ? {} : { resourceVersion: after }),
  }).toString();
  return url.toString();
}

function open(dispatcher: Dispatcher, url: string, token: Secret, signal: AbortSignal) {
  const headers = { accept: "application/json", "user-agent": "capstan", authorization: `Bearer ${token.reveal()}` };
  // Silence is the rule on a watch; `signal` bounds it.
  return request(url, { dispatcher, method: "GET", headers, signal, bodyTimeout: 0 });
}

async function refusal(call: CallFacts, reply: Dispatcher.ResponseData, nowMs: number): Promise<PortError> {
  const text = (await reply.body.text()).slice(0, refusalCharactersMax);
  const headers: Record<string, string> = {};
  const wait = reply.headers["retry-after"];
  if (typeof wait === "string") headers["retry-after"] = wait;
  // A status below 400 is that of something in between.
  const status = reply.statusCode < 400 ? 502 : reply.statusCode;
  return failureOf(call, { status, headers, text, serverMs: null }, nowMs);
}

async function* linesOf(body: AsyncIterable<Buffer>, call: CallFacts): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > lineCharactersMax) throw badReply(call, `a line over ${lineCharactersMax} characters`);
    for (const line of lines) if (line.trim() !== "") yield line;
  }
  if (rest.trim() !== "") throw new PortError("unreachable", `${call.system}: ${call.operation}: cut short`, call);
}

/** Null: nothing that is new. A version too old comes as a 200 with an ERROR in it (transcripts expired). */
function newsOf(line: string, call: CallFacts, nowMs: number): NamespaceNews | null {
  const event = recordOf(parsed(line, call));
  const object = recordOf(event["object"]);
  if (event["type"] === "ERROR") {
    const code = typeof object["code"] === "number" && object["code"] >= 400 ? object["code"] : 500;
    throw failureOf(call, { status: code, headers: {}, text: JSON.stringify(object), serverMs: null }, nowMs);
  }
  const metadata = recordOf(object["metadata"]);
  const resourceVersion = textIn(metadata, "resourceVersion");
  if (resourceVersion === "") throw badReply(call, "an event without a version");
  const terminating =
    metadata["deletionTimestamp"] !== undefined || textIn(recordOf(object["status"]), "phase") === "Terminating";
  if (event["type"] !== "ADDED") return { type: "seen", name: "", terminating: false, resourceVersion };
  const name = textIn(metadata, "name");
  if (name === "") throw badReply(call, "an object without a name");
  return { type: "added", name, terminating, resourceVersion };
}

function parsed(line: string, call: CallFacts): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // A parser's message may show what it read.
    throw badReply(call, "a line that is no JSON");
  }
}

function badReply({ system, operation }: CallFacts, why: string): PortError {
  return new PortError("invalid", `${system}: ${operation}: ${why}`, { system, operation, reason: "bad-reply" });
}

import { PortError } from "../../ports/errors.ts";
import { createDispatcher, type Reach } from "../http/dispatcher.ts";
import { type HttpRequest, kindOfStatus, sendHttp } from "../http/request.ts";
import type { TokenSource } from "./token.ts";

/** Address, authority and login of one API server. `caPem` absent: a public authority. */
export interface ClusterReach {
  readonly server: string;
  readonly caPem?: string;
  readonly token: TokenSource;
}

const replyBytesMax = 4 * 1024 * 1024;

/** One question to a cloud about its clusters. Throws `PortError`; `unusable` where the answer lacks what is needed. */
export async function askCloud(
  reach: Reach,
  call: Pick<HttpRequest, "method" | "url" | "system" | "operation" | "timeoutMs"> & {
    readonly headers: Readonly<Record<string, string>>;
  },
): Promise<Readonly<Record<string, unknown>>> {
  const { system, operation } = call;
  const dispatcher = createDispatcher(reach);
  try {
    const reply = await sendHttp(dispatcher, { ...call, bodyBytesMax: replyBytesMax });
    if (reply.status >= 300) {
      const kind = kindOfStatus(reply.status);
      const message = `${system}: ${operation}: status ${reply.status}`;
      throw new PortError(kind, message, { system, operation, status: reply.status });
    }
    return recordOf(JSON.parse(reply.text));
  } catch (error) {
    if (error instanceof PortError) throw error;
    throw unusable(system, operation, "the reply is no JSON");
  } finally {
    await dispatcher.close();
  }
}

export function unusable(system: string, operation: string, why: string): PortError {
  return new PortError("invalid", `${system}: ${operation}: ${why}`, { system, operation, reason: "bad-reply" });
}

export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

export const textIn = (record: Readonly<Record<string, unknown>>, field: string): string =>
  typeof record[field] === "string" ? record[field] : "";

/** A certificate in base64, as clouds give it. */
export const pemOf = (base64: string): string => Buffer.from(base64, "base64").toString("utf8");

import { readFileSync } from "node:fs";
import { Agent, type Dispatcher, EnvHttpProxyAgent } from "undici";
import { PortError } from "../../ports/errors.ts";

export interface Reach {
  /** Base address of the system, `https://…`. Plain http is refused except for loopback addresses. */
  readonly endpoint: string;
  /** PEM file with the authorities to trust instead of the system's. */
  readonly caFile?: string | undefined;
  /** The same as text (a kubeconfig carries it inside). */
  readonly caPem?: string | undefined;
}

/** 127.0.0.0/8, ::1 and `localhost`: the only places where plain http and loosened host checks are allowed. */
export function isLoopback(endpoint: string): boolean {
  const { hostname } = new URL(endpoint);
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/** Throws a `TypeError` for what is no URL, `invalid` for plain http to anywhere but loopback. */
export function checkEndpoint(endpoint: string): void {
  const url = new URL(endpoint);
  if (url.protocol === "https:") return;
  if (url.protocol === "http:" && isLoopback(endpoint)) return;
  const message = `${url.protocol}//${url.host}: only https is allowed (plain http on loopback addresses alone)`;
  throw new PortError("invalid", message, { system: url.host, operation: "connect" });
}

/** The PEM text. Throws `invalid` naming the file and the code. */
export function readAuthority(caFile: string): string {
  try {
    return readFileSync(caFile, "utf8");
  } catch (error) {
    const { code = "unreadable" } = error as NodeJS.ErrnoException;
    throw new PortError("invalid", `${caFile} cannot be read (${code})`, { system: "caFile", operation: "read" });
  }
}

/**
 * One dispatcher per outside system, shared by all its requests: connections are kept, private
 * authorities trusted, and `HTTPS_PROXY` / `NO_PROXY` honoured (an undici Agent of one's own does
 * not look at them by itself, not even with NODE_USE_ENV_PROXY).
 */
export function createDispatcher(reach: Reach): Dispatcher {
  checkEndpoint(reach.endpoint);
  const ca = reach.caPem ?? (reach.caFile === undefined ? undefined : readAuthority(reach.caFile));
  const connect = ca === undefined ? { timeout: 10_000 } : { ca, timeout: 10_000 };
  const options = { connect, connections: 32, headersTimeout: 60_000, bodyTimeout: 60_000 };
  const proxied = Boolean(
    process.env["HTTPS_PROXY"] ?? process.env["https_proxy"] ?? process.env["HTTP_PROXY"] ?? process.env["http_proxy"],
  );
  // The proxy must never stand between us and loopback, whatever NO_PROXY says.
  if (!proxied || isLoopback(reach.endpoint)) return new Agent(options);
  return new EnvHttpProxyAgent({ ...options, requestTls: connect });
}

import { brotliCompressSync, gzipSync } from "node:zlib";
import type { MangledReply } from "../../../functions/sandbox/faults.ts";
import type { PartReply } from "../../../functions/sandbox/listener.ts";
import { editJson } from "./json-edits.ts";
import type { Mangling } from "./manglings.ts";
import { planted } from "./texts.ts";

interface Plain {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** Where hostile answers point to. */
export interface Places {
  /** Where redirects lead: whoever comes here is noted. */
  readonly trapUrl: string;
  /** The server's own address, for links to a next page. */
  readonly ownUrl: string;
}

function plainOf({ status, headers = {}, body }: PartReply): Plain {
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  const all = new Map<string, string>([["date", new Date().toUTCString()], ...named]);
  if (Buffer.isBuffer(body)) return { status, headers: all, body };
  if (typeof body === "string" || body === undefined) return { status, headers: all, body: Buffer.from(body ?? "") };
  if (!all.has("content-type")) all.set("content-type", "application/json");
  return { status, headers: all, body: Buffer.from(JSON.stringify(body)) };
}

function wire({ status, headers, body }: Plain, lengthBytes = body.length): Buffer {
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} Mangled\r\n${lines.join("")}content-length: ${lengthBytes}\r\nconnection: close\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), body]);
}

const withHeader = (plain: Plain, name: string, value: string | null): Plain => {
  const headers = new Map(plain.headers);
  headers.delete(name);
  if (value !== null) headers.set(name, value);
  return { ...plain, headers };
};

function encoded(plain: Plain, name: Extract<Mangling, { kind: "encoding" }>["name"]): Plain {
  const { body } = plain;
  switch (name) {
    case "gzip":
      return withHeader({ ...plain, body: gzipSync(body) }, "content-encoding", "gzip");
    case "broken-gzip":
      return withHeader({ ...plain, body: gzipSync(body).subarray(0, -9) }, "content-encoding", "gzip");
    case "br":
      return withHeader({ ...plain, body: brotliCompressSync(body) }, "content-encoding", "br");
    case "utf-16":
      return { ...plain, body: Buffer.from(`\ufeff${body.toString("utf8")}`, "utf16le") };
    case "latin-1":
      return { ...plain, body: Buffer.from(body.toString("utf8").replaceAll("a", "\u00e9"), "latin1") };
    case "bom":
      return { ...plain, body: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]) };
  }
}

/** Every kind of continuation that an API knows, whichever this one is. */
function withNextPage(body: Buffer, ownUrl: string): Buffer {
  try {
    const data: unknown = JSON.parse(body.toString("utf8"));
    if (typeof data !== "object" || data === null || Array.isArray(data)) return body;
    const { metadata } = data as { metadata?: object };
    const next = {
      nextPageToken: "more",
      NextToken: "more",
      nextLink: `${ownUrl}/secrets/more/versions?api-version=7.6`,
    };
    return Buffer.from(JSON.stringify({ ...data, ...next, metadata: { ...metadata, continue: "more" } }));
  } catch {
    return body;
  }
}

const part = (body: Buffer, share: number): Buffer => body.subarray(0, Math.floor(share * body.length));
const closing = (plain: Plain): MangledReply => ({ bytes: wire(plain), afterwards: "close" });

/** The answer as it arrives. */
export function mangle(reply: PartReply, mangling: Mangling, places: Places): MangledReply {
  const plain = plainOf(reply);
  const { body } = plain;
  switch (mangling.kind) {
    case "json":
      return closing({ ...plain, body: Buffer.from(editJson(body.toString("utf8"), mangling.edits)) });
    case "cut":
      return { bytes: wire({ ...plain, body: part(body, mangling.share) }, body.length + 1), afterwards: "close" };
    case "truncated":
      return closing({ ...plain, body: part(body, mangling.share) });
    case "page": {
      const page = Buffer.from(`<!doctype html><title>${planted}</title><p>caf\u00e9`, "latin1");
      return closing({ ...withHeader(plain, "content-type", mangling.type), status: mangling.status, body: page });
    }
    case "status":
      return closing({ ...plain, status: mangling.status, body: mangling.status === 204 ? Buffer.alloc(0) : body });
    case "large": {
      const filler = Buffer.alloc(mangling.megabytes * 1024 * 1024, mangling.filler);
      return closing({ ...plain, body: mangling.filler === " " ? Buffer.concat([filler, body]) : filler });
    }
    case "encoding":
      return closing(encoded(plain, mangling.name));
    case "bytes": {
      const before = part(body, mangling.share);
      return closing({
        ...plain,
        body: Buffer.concat([before, Buffer.from(mangling.bytes), body.subarray(before.length)]),
      });
    }
    case "header":
      return closing(withHeader(plain, mangling.name, mangling.value));
    case "redirect":
      return closing({ ...withHeader(plain, "location", `${places.trapUrl}/${planted}`), status: mangling.status });
    case "more":
      return closing({ ...plain, body: withNextPage(body, places.ownUrl) });
    case "silence":
      return { bytes: Buffer.alloc(0), afterwards: "hold" };
    case "stall":
      return { bytes: wire({ ...plain, body: part(body, mangling.share) }, body.length + 1), afterwards: "hold" };
    case "no-http":
      return { bytes: Buffer.from(mangling.bytes), afterwards: "close" };
  }
}

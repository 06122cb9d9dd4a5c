import { deflateRawSync, inflateRawSync } from "node:zlib";

const plainBytesMax = 4096;
/** Of the text after inflating: a ledger is far below, and a bomb stops here. */
const textBytesMax = 1024 * 1024;

/**
 * A ledger as an annotation's value: as it is while it is short and of printable ASCII (an operator can read
 * it in the console), deflated and in base64 otherwise. Annotations promise nothing about other characters.
 */
export function encodeText(text: string): string {
  if (text.length <= plainBytesMax && /^[\x20-\x7e]*$/.test(text)) return `text:${text}`;
  return `deflate:${deflateRawSync(Buffer.from(text, "utf8"), { level: 9 }).toString("base64")}`;
}

/** Null: not written by `encodeText`. */
export function decodeText(value: string): string | null {
  if (value.startsWith("text:")) return value.slice("text:".length);
  if (!value.startsWith("deflate:")) return null;
  try {
    const packed = Buffer.from(value.slice("deflate:".length), "base64");
    return inflateRawSync(packed, { maxOutputLength: textBytesMax }).toString("utf8");
  } catch {
    return null;
  }
}

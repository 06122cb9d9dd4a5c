import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

const blockBytes = 512;
const fileBytes = 3 * 1024;

/** Two layers of some 3 kB that do not compress, each a gzipped tar with one file; same seed, same bytes. */
export function sampleLayers(seed: number): readonly Buffer[] {
  return ["bin/hello", "etc/hello"].map((path) => gzipSync(tar(path, noise(`${seed}/${path}`, fileBytes))));
}

function noise(label: string, bytes: number): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at * 32 < bytes; at += 1) blocks.push(createHash("sha256").update(`${label}/${at}`).digest());
  return Buffer.concat(blocks).subarray(0, bytes);
}

/** POSIX ustar: one header, the content in whole blocks, two empty blocks. */
function tar(path: string, content: Buffer): Buffer {
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;
  header.write(path, 0);
  header.write(octal(0o755, 7) + octal(0, 7) + octal(0, 7), 100);
  header.write(octal(content.length, 11) + octal(0, 11), 124);
  header.write("        0", 148);
  header.write("ustar\x0000", 257);
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    )} `,
    148,
  );
  const padding = Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes);
  return Buffer.concat([header, content, padding, Buffer.alloc(2 * blockBytes)]);
}

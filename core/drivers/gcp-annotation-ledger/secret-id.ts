import { createHash } from "node:crypto";

const prefix = "capstan-ledger-";
const idCharactersMax = 255;
const hashCharacters = 64;

/**
 * The secret that keeps the ledger of a key. Letters, digits and dashes stay, every other byte becomes `_`
 * and two hexadecimal digits (`prod/ci` → `prod_2fci`), so two keys never share a secret. A key too long for
 * that is cut and ends in `_x` and its SHA-256 (`x` is no hexadecimal digit).
 */
export function ledgerSecretId(key: string): string {
  const encoded = [...Buffer.from(key, "utf8")]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9-]/.test(character) ? character : `_${byte.toString(16).padStart(2, "0")}`;
    })
    .join("");
  const id = `${prefix}${encoded}`;
  if (id.length <= idCharactersMax) return id;
  const hash = createHash("sha256").update(key).digest("hex");
  return `${id.slice(0, idCharactersMax - hashCharacters - 2)}_x${hash}`;
}

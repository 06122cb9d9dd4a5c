import { jsonObject } from "./gcp-errors.ts";

/**
 * A ledger's text as an object's body. Some stores derive an object's tag from its content alone, so that the tag
 * of an older text would come again with the text: a random word makes every body another one.
 */
export function wrapLedger(text: string, nonce: string): string {
  return JSON.stringify({ capstan: "ledger", nonce, text });
}

/** Null: no ledger of ours. */
export function unwrapLedger(body: string): string | null {
  const { capstan, text } = jsonObject(body) ?? {};
  return capstan === "ledger" && typeof text === "string" ? text : null;
}

import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { Secret } from "../../secret.ts";
import { localFailure } from "./failures.ts";

/** The identity itself, or where it comes from. An identity file of `age-keygen` with its comments will do. */
export type AgeIdentity = Secret | (() => Secret | Promise<Secret>);

/** A new X25519 identity (`AGE-SECRET-KEY-1…`) and the recipient (`age1…`) that belongs to it. */
export async function createAgeIdentity(): Promise<{ readonly identity: Secret; readonly recipient: string }> {
  const identity = await generateX25519Identity();
  return { identity: new Secret(identity), recipient: await identityToRecipient(identity) };
}

async function identityText(identity: AgeIdentity, operation: string): Promise<string> {
  const secret = identity instanceof Secret ? identity : await identity();
  const lines = secret.reveal().split(/\r?\n/);
  const line = lines.find((one) => one.startsWith("AGE-SECRET-KEY-1"));
  if (line === undefined) throw localFailure("denied", operation, "no age identity was given", "bad-credentials");
  return line.trim();
}

export async function encryptText(text: string, identity: AgeIdentity, operation: string): Promise<Uint8Array> {
  const key = await identityText(identity, operation);
  const encrypter = new Encrypter();
  try {
    encrypter.addRecipient(await identityToRecipient(key));
  } catch {
    // The library's error may quote the identity: it is not passed on.
    throw localFailure("denied", operation, "the age identity is malformed", "bad-credentials");
  }
  return encrypter.encrypt(text);
}

/**
 * The text in an age file. Throws `denied` (`bad-credentials`) when it is for another identity and
 * `invalid` when it is damaged; both name the file.
 */
export async function decryptText(
  content: Uint8Array,
  identity: AgeIdentity,
  operation: string,
  path: string,
): Promise<string> {
  const key = await identityText(identity, operation);
  const decrypter = new Decrypter();
  try {
    decrypter.addIdentity(key);
  } catch {
    throw localFailure("denied", operation, "the age identity is malformed", "bad-credentials");
  }
  try {
    return await decrypter.decrypt(content, "text");
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("no identity matched")) {
      throw localFailure("denied", operation, `${path}: encrypted to another age identity`, "bad-credentials");
    }
    throw localFailure("invalid", operation, `${path}: damaged, or no age file`, "bad-reply");
  }
}

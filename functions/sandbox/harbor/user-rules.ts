import { badRequest } from "./refusal.ts";
import { obeysSecretRule } from "./robot-rules.ts";

export function checkPassword(password: string): void {
  if (!obeysSecretRule(password))
    throw badRequest(
      "the password or secret must be 8-128, inclusively, characters long with at least 1 uppercase letter, 1 lowercase letter and 1 number",
    );
}

/** Plain addresses; quoted local parts and literal hosts are not looked at. */
const emailAddress = /^[^\s@<>()[\]\\,;:"]+@(?:[a-zA-Z0-9-]+\.)+[a-zA-Z]{2,}$/;
const illegal = /[,"~#%$]/;
const textBytesMax = 255;
const commentBytesMax = 30;

interface Profile {
  readonly email: string;
  readonly realname: string;
  readonly comment: string;
  /** Only where one is made. */
  readonly username?: string;
}

/** Harbor's rules for what a person says of themselves, in its order and with its texts. */
export function checkProfile({ email, realname, comment, username }: Profile): void {
  const fits = (text: string) => text !== "" && Buffer.byteLength(text) <= textBytesMax;
  if (email === "") throw badRequest("email can't be empty");
  if (!emailAddress.test(email)) throw badRequest("email with illegal format");
  if (!fits(realname)) throw badRequest("realname with illegal length");
  if (illegal.test(realname)) throw badRequest("realname contains illegal characters");
  if (Buffer.byteLength(comment) > commentBytesMax) throw badRequest("comment with illegal length");
  if (username === undefined) return;
  if (!fits(username)) throw badRequest("username with illegal length");
  if (illegal.test(username)) throw badRequest("username contains illegal characters");
}

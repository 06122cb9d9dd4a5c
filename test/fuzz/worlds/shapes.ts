import * as z from "zod";
import { Secret } from "../../../core/secret.ts";

/** What the ports' types promise, said so that it can be asked of a value. */
const dateMsMax = 8.64e15;

export const ms = z.number().min(-dateMsMax).max(dateMsMax);
export const serverMs = ms.nullable();
export const secret = z.instanceof(Secret).refine((value) => typeof value.reveal() === "string");
/** Names and ids that are printed: on one line. */
export const name = z
  .string()
  .min(1)
  .max(1_024)
  .refine((text) => !/[\p{Cc}\u2028\u2029\u202a-\u202e]/u.test(text), "unprintable");
export const nothing = z.undefined();

import * as z from "zod";
import { fileSchema } from "./schema/file.ts";

export const jsonSchemaFileName = "capstan.schema.json";

/** JSON Schema (draft 7, which editors' YAML servers know best) of what people write into `capstan.yaml`. */
export function createJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(fileSchema, { io: "input", target: "draft-7" });
}

export function renderJsonSchema(): string {
  return `${JSON.stringify(createJsonSchema(), null, 2)}\n`;
}

import { writeFileSync } from "node:fs";
import { jsonSchemaFileName, renderJsonSchema } from "./json-schema.ts";

// `node core/config/write-schema.ts && npm run format` after each change of the schema; a test fails when it is stale.
writeFileSync(new URL(jsonSchemaFileName, import.meta.url), renderJsonSchema());

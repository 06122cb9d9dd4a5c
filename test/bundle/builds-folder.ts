import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where this run's bundles are built (`built.ts`): each once, by the first test that wants it. */
    readonly buildsFolder: string;
  }
}

export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "capstan-builds-"));
  provide("buildsFolder", folder);
  return () => rmSync(folder, { recursive: true, force: true });
}

import { readdirSync } from "node:fs";
import { parse } from "node:path";
import { expect, it } from "vitest";
import { startSandboxServer } from "./kubernetes-server.ts";
import { replayedThemes, transcriptContract } from "./kubernetes-transcript-suite.ts";

transcriptContract("the sandbox", startSandboxServer);

it("every recorded theme is replayed", () => {
  const recorded = readdirSync(new URL("transcripts/kubernetes/", import.meta.url)).map((file) => parse(file).name);
  expect(recorded.sort()).toEqual([...replayedThemes].sort());
});

#!/usr/bin/env node
import process from "node:process";
import { refuseOldNode } from "./node-version.ts";

const refusal = refuseOldNode(process.versions.node);
if (refusal !== null) {
  process.stderr.write(`${refusal}\n`);
  process.exitCode = 1;
} else {
  // Loaded only now: packages of the dependencies do not load on an old Node.
  const [{ runCli }, { processIo }, { watchInterrupts }, { actionLoaders }] = await Promise.all([
    import("./run.ts"),
    import("./io.ts"),
    import("./interrupt.ts"),
    import("./loaders.ts"),
  ]);
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  const interruption = watchInterrupts({
    source: process,
    say: (line) => process.stderr.write(`${line}\n`),
    leave: (code) => process.exit(code),
  });
  await runCli(process.argv.slice(2), processIo(), actionLoaders, interruption);
  interruption.dispose();
}

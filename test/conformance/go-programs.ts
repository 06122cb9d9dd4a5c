import type { SpawnOptions } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { runToEnd } from "./processes.ts";

export interface GoProgram {
  /** Name of the binary. */
  readonly name: string;
  /** As `go build` takes it. */
  readonly package: string;
  readonly ldflags: string;
}

/** The binaries' folder, or why there is none. */
export type Built =
  | { readonly is: "built"; readonly folder: string }
  | { readonly is: "impossible"; readonly why: string }
  | { readonly is: "failed"; readonly why: string };

/**
 * Compiles programs of a module once per state of its `go.sum` and sources; later runs find them. Without
 * Go, or without the modules, that is said and nothing is built.
 */
export async function buildGo(
  module: string,
  sources: readonly string[],
  programs: readonly GoProgram[],
): Promise<Built> {
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum", ...sources]) hash.update(readFileSync(join(module, file)));
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const folder = join(cache, "capstan-conformance", hash.digest("hex").slice(0, 16));
  const missing = programs.filter(({ name }) => !existsSync(join(folder, name)));
  if (missing.length === 0) return { is: "built", folder };
  const options = { cwd: module, env: { ...process.env, CGO_ENABLED: "0" } };
  const quiet: SpawnOptions = { ...options, stdio: ["ignore", "ignore", "inherit"] };
  if ((await runToEnd("go", ["version"], { ...quiet, stdio: "ignore" })) !== 0) {
    return { is: "impossible", why: "Go is not installed here" };
  }
  // Fetches what they import, and no more.
  const packages = missing.map((program) => program.package);
  if ((await runToEnd("go", ["list", "-deps", ...packages], quiet)) !== 0) {
    return { is: "impossible", why: "the Go modules, or the Go that they need, cannot be had here" };
  }
  mkdirSync(folder, { recursive: true });
  for (const program of missing) {
    const half = join(folder, `${program.name}.half`);
    const args = ["build", "-ldflags", program.ldflags, "-o", half, program.package];
    if ((await runToEnd("go", args, options)) !== 0) {
      return { is: "failed", why: `${program.name} does not compile` };
    }
    renameSync(half, join(folder, program.name));
  }
  return { is: "built", folder };
}

import { program } from "../options.ts";
import type { Subject } from "./subject.ts";

/** By name; one folder each. */
const subjects: Readonly<Record<string, () => Promise<Subject>>> = {
  harbor: async () => (await import("./harbor/subject.ts")).harbor,
  kubernetes: async () => (await import("./kubernetes/subject.ts")).kubernetes,
  puller: async () => (await import("./puller/subject.ts")).puller,
  stores: async () => (await import("./stores/subject.ts")).stores,
};

const known = Object.keys(subjects);

async function run(names: readonly string[], prepare: boolean): Promise<boolean> {
  let failed = false;
  for (const name of names) {
    const subject = await subjects[name]?.();
    const outcome = await (prepare ? subject?.prepare() : subject?.run());
    if (outcome === undefined) continue;
    failed ||= outcome.is === "failed";
    const verb = prepare && outcome.is === "passed" ? "prepared" : outcome.is;
    process.stdout.write(`conformance ${name}: ${verb}${"why" in outcome ? `: ${outcome.why}` : ""}\n`);
  }
  return !failed;
}

await program(
  "test:conformance",
  "The contract suites on real servers; what cannot be had is skipped and says why.",
  (command) =>
    command
      .argument("[subjects...]", `which of ${known.join(", ")}; all when none is named`)
      .option("--prepare", "only build or install the servers", false)
      .action(async (chosen: readonly string[], { prepare }: { readonly prepare: boolean }) => {
        const unknown = chosen.find((name) => !known.includes(name));
        if (unknown !== undefined) throw new Error(`no subject ${unknown}; there are: ${known.join(", ")}`);
        process.exitCode = (await run(chosen.length > 0 ? chosen : known, prepare)) ? 0 : 1;
      }),
);

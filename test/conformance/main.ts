import { parseArgs } from "node:util";
import type { Subject } from "./subject.ts";

/** By name; one folder each. */
const subjects: Readonly<Record<string, () => Promise<Subject>>> = {
  harbor: async () => (await import("./harbor/subject.ts")).harbor,
  kubernetes: async () => (await import("./kubernetes/subject.ts")).kubernetes,
  puller: async () => (await import("./puller/subject.ts")).puller,
  stores: async () => (await import("./stores/subject.ts")).stores,
};

const known = Object.keys(subjects).join(", ");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { prepare: { type: "boolean", default: false } },
});
const names = positionals.length > 0 ? positionals : Object.keys(subjects);
const unknown = names.find((name) => !Object.hasOwn(subjects, name));
if (unknown !== undefined) {
  process.stderr.write(`no subject ${unknown}; there are: ${known}\n`);
  process.exit(64);
}

let failed = false;
for (const name of names) {
  const subject = await subjects[name]?.();
  const outcome = await (values.prepare ? subject?.prepare() : subject?.run());
  if (outcome === undefined) continue;
  failed ||= outcome.is === "failed";
  const verb = values.prepare && outcome.is === "passed" ? "prepared" : outcome.is;
  process.stdout.write(`conformance ${name}: ${verb}${"why" in outcome ? `: ${outcome.why}` : ""}\n`);
}
process.exitCode = failed ? 1 : 0;

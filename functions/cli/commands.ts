import { accountOption, readAccount } from "./account-flag.ts";
import type { CommandTable } from "./command-definition.ts";
import { discoverCommand } from "./discover-command.ts";
import { flagCount, flagDurationOrNull, flagSwitch, flagText, flagTexts, refuse } from "./flags.ts";
import { initCommand } from "./init-command.ts";
import { manifestsCommand } from "./manifests-command.ts";

const generations = { min: 1, max: Number.MAX_SAFE_INTEGER };

const ports = { min: 0, max: 65_535 };

/** Every command with its options and examples, the most used first: help and tests are made from it. */
export const commandTable: CommandTable = {
  plan: {
    summary: "show what would happen, why and when; changes nothing",
    takes: "credentials",
    options: [{ flags: "--detailed-exitcode", description: "exit with 2 when something would change" }],
    examples: [
      ["plan", "all credentials of the file"],
      ["plan platform-pull -o json", "one credential, for a script"],
    ],
    read: ({ credentials, flags }) => ({ credentials, detailedExitcode: flagSwitch(flags, "detailedExitcode") }),
  },
  rotate: {
    summary: "begin a new generation now, whether due or not",
    takes: "credentials",
    options: [
      { flags: "--wait", description: "stay until the rotation is over, the old robot deleted" },
      { flags: "--timeout <duration>", description: "with --wait: give up watching after this long (exit status 124)" },
      { flags: "--start-new", description: "begin a new ledger where traces of a lost one were found" },
    ],
    examples: [
      ["rotate platform-pull --wait", "one credential, to its end"],
      ["rotate", "all credentials of the file; the ticks do the rest"],
    ],
    read: ({ credentials, flags }) => {
      const wait = flagSwitch(flags, "wait");
      const timeoutMs = flagDurationOrNull(flags, "timeout");
      if (timeoutMs !== null && !wait) throw refuse("timeout", "is for --wait");
      return { credentials, wait, timeoutMs, startNew: flagSwitch(flags, "startNew") };
    },
  },
  tick: {
    summary: "do what is due, go as far as is safe, and say when to come back",
    takes: "nothing",
    options: [
      { flags: "--site <name...>", description: "play the runner of these sites only" },
      { flags: "--resume", description: "open the next wave of targets, whatever the one before came to" },
    ],
    examples: [
      ["tick", "from cron, every five minutes"],
      ["tick --site aws", "the runner of one site"],
      ["tick --site aws --resume", "after a halted wave was looked at"],
    ],
    read: ({ flags }) => ({ sites: flagTexts(flags, "site"), resume: flagSwitch(flags, "resume") }),
  },
  agent: {
    summary: "stay as the runner of one site, inside a cluster that nobody else reaches",
    takes: "nothing",
    options: [
      { flags: "--site <name>", description: "the site whose runner this is", required: true },
      { flags: "--once", description: "one tick, for a CronJob" },
      { flags: "--probe-port <number>", description: "answer /healthz and /readyz on this port" },
    ],
    examples: [
      ["agent --site edge --probe-port 8080", "in a Deployment"],
      ["agent --site edge --once", "in a CronJob"],
    ],
    read: ({ flags }) => {
      const once = flagSwitch(flags, "once");
      const probePort = flags["probePort"] === undefined ? null : flagCount(flags, "probePort", ports);
      if (once && probePort !== null) throw refuse("probePort", "is for an agent that stays: not with --once");
      return { site: flagText(flags, "site"), once, probePort };
    },
  },
  status: {
    summary: "show where each credential stands, at every site and cluster",
    takes: "credentials",
    options: [{ flags: "--exit-code", description: "exit with 3 when something waits, 4 when a person must act" }],
    examples: [
      ["status", "all credentials of the file"],
      ["status platform-pull --exit-code", "for monitoring"],
    ],
    read: ({ credentials, flags }) => ({ credentials, exitCode: flagSwitch(flags, "exitCode") }),
  },
  rollback: {
    summary: "hand out an older generation again, while it still lives",
    takes: "credential",
    options: [{ flags: "--generation <number>", description: "which one; the newest replaced one when not given" }],
    examples: [["rollback platform-pull", "back to the generation before"]],
    read: ({ credentials, flags }) => ({
      credential: credentials[0] ?? "",
      generation: flags["generation"] === undefined ? null : flagCount(flags, "generation", generations),
    }),
  },
  revoke: {
    summary: "end a generation early, for good",
    takes: "credential",
    options: [
      { flags: "--generation <number>", description: "which one", required: true },
      { flags: "--now", description: "without waiting until all targets hold another one: pulls may fail" },
      { flags: "--confirm <credential>", description: "with --now: the credential's name once more" },
    ],
    examples: [
      ["revoke platform-pull --generation 7", "as soon as no target holds it"],
      ["revoke platform-pull --generation 7 --now --confirm platform-pull", "at once"],
    ],
    read: ({ credentials, flags }) => {
      const credential = credentials[0] ?? "";
      const now = flagSwitch(flags, "now");
      if (now && flags["confirm"] !== credential)
        throw refuse("now", "pulls may fail; add --confirm and the credential's name");
      return { credential, generation: flagCount(flags, "generation", generations), now };
    },
  },
  init: initCommand,
  discover: discoverCommand,
  rbac: {
    summary: "print the rights that a cluster's runner needs, as manifests",
    takes: "nothing",
    options: [{ flags: "--cluster <name...>", description: "of these clusters only" }, accountOption],
    examples: [["rbac --cluster prod-1", "for kubectl apply -f -"]],
    read: ({ flags }) => ({ clusters: flagTexts(flags, "cluster"), account: readAccount(flags) }),
  },
  manifests: manifestsCommand,
  sandbox: {
    summary: "run a whole hybrid cloud on this machine, to try things by hand",
    takes: "nothing",
    options: [
      { flags: "--clusters <number>", description: "Kubernetes clusters", default: "3" },
      { flags: "--namespaces <number>", description: "namespaces in each", default: "20" },
      { flags: "--seed <number>", description: "seed of everything random", default: "1" },
      { flags: "--harbors <number>", description: "Harbors, with a credential at each", default: "1" },
      { flags: "--harbor-version <version>", description: "Harbor as this version, 2.10 to 2.16", default: "2.15.2" },
      {
        flags: "--directory <path>",
        description: "folder for configuration, authorities and keys",
        default: ".capstan-sandbox",
      },
    ],
    examples: [["sandbox --clusters 2 --namespaces 5", "runs until Ctrl-C and prints how to reach each part"]],
    read: ({ flags }) => ({
      clusters: flagCount(flags, "clusters", { min: 1, max: 50 }),
      namespaces: flagCount(flags, "namespaces", { min: 1, max: 1_000 }),
      seed: flagCount(flags, "seed", { min: 0, max: 2 ** 32 - 1 }),
      harbors: flagCount(flags, "harbors", { min: 1, max: 5 }),
      harborVersion: harborVersion(flagText(flags, "harborVersion")),
      directory: String(flags["directory"]),
    }),
  },
};

/** `2.14` and `v2.14.0` → `v2.14.0`. */
function harborVersion(text: string): string {
  const [, minor, patch = "0"] = /^v?2\.(1[0-6])(?:\.(\d{1,2}))?$/.exec(text) ?? [];
  if (minor === undefined) throw refuse("harborVersion", "a version from 2.10 to 2.16 is needed, such as 2.14.1");
  return `v2.${minor}.${patch}`;
}

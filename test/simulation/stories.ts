import { homeLedger } from "./checkers.ts";
import { Script } from "./script.ts";
import { alternatingStories } from "./stories-alternating.ts";
import { inPlaceStories } from "./stories-in-place.ts";
import { readBackStories } from "./stories-read-back.ts";
import { minuteMs } from "./world.ts";

/** What the simulation once found, or finds too rarely, as a history written by hand. Each ends with nothing broken. */
export interface Story {
  readonly name: string;
  readonly about: string;
  readonly tell: () => Script;
}

/** Two generations: the first is drained, and the next tick of home draws a round for it. */
function drained(): Script {
  const script = new Script();
  script.tick();
  script.tick({ type: "rotate" });
  script.tick();
  script.pass(11);
  return script;
}

/** That round is echoed: the next tick retires the first generation. */
function echoed(): Script {
  const script = drained();
  script.tick();
  return script;
}

export const stories: readonly Story[] = [
  ...readBackStories,
  {
    name: "rebuilt-from-an-old-look",
    about:
      "A runner lists the robots and sleeps. Meanwhile the first one is minted, promoted and handed out, and the ledger is put back to before its promotion. The sleeper wakes, finds the ledger behind and rebuilds it: without that robot, had it not looked again.",
    tell: () => {
      const script = new Script();
      const sleeper = script.home().until("store.readCurrent");
      const other = script.home().until("store.stage");
      const ledgers = script.world.ports.ledgers["aws"];
      const backup = ledgers?.state;
      other.finish();
      script.site().finish();
      if (ledgers === undefined || backup === undefined) throw new Error("there is a ledger");
      const records = Object.entries(backup.records).filter(([key]) => !key.includes("@site/"));
      ledgers.state = {
        serial: ledgers.state.serial + 1,
        records: {
          ...ledgers.state.records,
          ...Object.fromEntries(
            records.map(([key, { text }]) => [key, { revision: `r${ledgers.state.serial + 1}`, text }]),
          ),
        },
      };
      script.say("home's ledger is put back");
      sleeper.finish();
      for (let i = 0; i < 4; i += 1) script.tick();
      return script;
    },
  },
  {
    name: "rebuilt-over-a-lost-one",
    about:
      "A runner finds no ledger, looks a second time and sleeps in the middle of that look. Meanwhile the ledger is begun, the first generation handed out, and the ledger lost. The sleeper wakes, finds the value in the store and rebuilds: without its robot, had it listed the robots before it read the store.",
    tell: () => {
      const script = new Script();
      const sleeper = script.home().until("ledger.load", "sim/platform-pull").until("store.readCurrent");
      script.tick();
      const ledgers = script.world.ports.ledgers["aws"];
      if (ledgers === undefined) throw new Error("there is a ledger");
      const { ["sim/platform-pull"]: _lost, ...records } = ledgers.state.records;
      ledgers.state = { ...ledgers.state, records };
      script.say("home's ledger is lost");
      sleeper.finish();
      for (let i = 0; i < 4; i += 1) script.tick();
      return script;
    },
  },
  {
    name: "empty-secret-filled-late",
    about:
      "A site's tick with the old value sleeps. The next one makes the missing Secret, still empty, and dies. The sleeper wakes and finds a Secret without a mark: nothing there says that it is behind, so it must ask the site's ledger.",
    tell: () => {
      const script = new Script();
      script.tick();
      const sleeper = script.site().until("cluster.listNamespaces");
      script.home({ type: "rotate" }).finish();
      script.world.ports.clusters["c0"]?.deleteSecretOutside("ns0", "pull");
      script.say("somebody deletes the Secret");
      script.site().until("cluster.createEmptySecret").until("cluster.applySecret");
      script.say("that runner dies");
      sleeper.finish();
      script.tick();
      return script;
    },
  },
  {
    name: "store-restored-under-a-flip",
    about:
      "The first generation's round is echoed. A rotation's flip finds the store put back to that very generation: what the tick had read of the store counts no more, and nothing is retired by it.",
    tell: () => {
      const script = echoed();
      const store = script.world.ports.stores["aws"];
      const sleeper = script.home({ type: "rotate" }).until("store.flip");
      restoreFirst(script);
      if (store === undefined) throw new Error("there is a store");
      sleeper.finish();
      for (let i = 0; i < 3; i += 1) script.tick();
      return script;
    },
  },
  {
    name: "store-restored-while-retiring",
    about:
      "The first generation is retiring, and Harbor does not answer. Its store is put back to it: whoever reads stores may have taken it from there, so it has its drain once more.",
    tell: () => {
      const script = echoed();
      script.home().until("registry.remove");
      script.say("that runner dies");
      restoreFirst(script);
      script.pass(5);
      script.tick();
      script.tick();
      return script;
    },
  },
  {
    name: "target-written-late",
    about:
      "A site's tick sleeps right before it writes a target. The next generation is handed out there meanwhile; the late write must not put the older one back.",
    tell: () => {
      const script = new Script();
      script.tick();
      script.home({ type: "rotate" }).finish();
      const sleeper = script.site().until("cluster.applySecret");
      script.tick({ type: "rotate" });
      sleeper.finish();
      script.tick();
      return script;
    },
  },
  {
    name: "missing-secret-made-late",
    about:
      "A Secret is gone, and a site's tick sleeps right before it makes it anew. The site has seen the next epoch when it wakes up: what it makes may be empty, never old.",
    tell: () => {
      const script = new Script();
      script.tick();
      script.world.ports.clusters["c0"]?.deleteSecretOutside("ns0", "pull");
      script.say("somebody deletes the Secret");
      const sleeper = script.site().until("cluster.createEmptySecret");
      script.home({ type: "rotate" }).finish();
      script.site().until("cluster.listNamespaces");
      script.say("that runner dies");
      sleeper.finish();
      script.tick();
      return script;
    },
  },
  {
    name: "listed-before-the-round",
    about:
      "A site's tick has begun to list its targets when home draws a round. It ends late, and its report must not echo a round that its look did not see.",
    tell: () => {
      const script = drained();
      const sleeper = script.site().until("cluster.listSecrets");
      script.home().finish();
      sleeper.finish();
      script.tick();
      return script;
    },
  },
  {
    name: "canary-halts-before-the-next-wave",
    about:
      "All Secrets are gone. The canary cluster makes one, empty, and then answers no more: it is given up, and the filling of that one with it. By then more of the next cluster's writes wait than are made at once: they are dropped, those behind them have their turn, and the tick ends.",
    tell: () => {
      const script = new Script({ clusters: { c0: "aws", c1: "aws" }, namespacesPerCluster: 5 });
      script.tick();
      for (const cluster of Object.values(script.world.ports.clusters))
        for (const namespace of Object.keys(cluster.state.namespaces)) cluster.deleteSecretOutside(namespace, "pull");
      script.say("somebody deletes every Secret");
      const { c0 } = script.world.ports.clusters;
      script.dark = (call) => call.on === "c0" && Object.keys(c0?.state.secrets ?? {}).length > 0;
      script.site().until("cluster.createEmptySecret").hold("ledger.load").finish();
      script.dark = () => false;
      script.tick();
      return script;
    },
  },
  {
    name: "clock-ahead-while-harbor-is-dark",
    about:
      "Harbor does not answer, and the runner's clock is months ahead: by Harbor's clock nothing has expired, and a generation that is still held is not retired.",
    tell: () => {
      const script = new Script();
      script.tick();
      script.home({ type: "rotate" }).finish();
      script.dark = (call) => call.call.startsWith("registry.");
      script.skewMs = 40 * 24 * 60 * minuteMs;
      script.home().finish();
      script.skewMs = 0;
      script.dark = () => false;
      script.tick();
      script.tick();
      script.tick();
      return script;
    },
  },
  ...alternatingStories,
  ...inPlaceStories,
];

/** Somebody's backup of the store brings the first generation back. */
function restoreFirst(script: Script): void {
  const store = script.world.ports.stores["aws"];
  const [place] = script.world.places;
  const name = store?.state.names[place.storeName];
  const first = name?.versions.find((version) => version.tag.generation === 1);
  const robot = homeLedger(script.world)?.replaced.find((record) => record.generation === 1)?.robot;
  if (store === undefined || name === undefined || first === undefined || robot === undefined)
    throw new Error("the first generation lives still");
  store.state = {
    ...store.state,
    names: { ...store.state.names, [place.storeName]: { ...name, current: first.versionId } },
  };
  script.witness.restored(place, "aws", robot.username);
  script.say("the store is put back to the first generation");
}

export function storyCalled(name: string): Story {
  const found = stories.find((story) => story.name === name);
  if (found === undefined) throw new Error(`no story ${name}; there are ${stories.map((one) => one.name).join(", ")}`);
  return found;
}

import { Secret } from "../../core/secret.ts";
import { homeLedger, promiseTwo } from "./checkers.ts";
import { Script } from "./script.ts";
import type { Story } from "./stories.ts";

/** Generation 1 in robot `a`, promoted and served. */
function first(): Script {
  const script = new Script({ strategy: "alternating" });
  script.tick();
  script.pass(1);
  script.tick();
  return script;
}

/** The next generation, in the other robot, promoted and served. */
function rotate(script: Script): void {
  script.tick({ type: "rotate" });
  script.pass(1);
  script.tick();
}

/** Nothing is left of the one before. */
function rest(script: Script): void {
  for (let i = 0; i < 6 && (homeLedger(script.world)?.replaced.length ?? 0) > 0; i += 1) {
    script.pass(11);
    script.tick();
  }
}

function robotIn(script: Script, slot: string) {
  const robot = script.world.registry.state.robots.find(({ name }) => name.endsWith(slot));
  if (robot === undefined) throw new Error(`there is no robot ${slot}`);
  return robot;
}

/** Two robots of fixed names: what a late write, or somebody else's, does to them. */
export const alternatingStories: readonly Story[] = [
  {
    name: "secret-thrown-away-late",
    about:
      "A runner sleeps right before it throws the first generation's secret away. Another one does it, and the robot gets the third generation meanwhile, which is handed out. The late write puts a secret in that nobody has: one tick later the right one is put in again.",
    tell: () => {
      const script = first();
      rotate(script);
      script.pass(1);
      script.tick();
      script.pass(11);
      script.tick();
      const sleeper = script.home().until("registry.refresh");
      rest(script);
      rotate(script);
      sleeper.finish();
      script.pass(5);
      script.tick();
      script.broken.push(...promiseTwo(script.world, new Set()));
      return script;
    },
  },
  {
    name: "staged-secret-put-in-late",
    about:
      "A secret is staged, and the runner dies. Another one wakes up with it much later: by then an operator has had it given up, and the robot has the generation after it. The ledger must be confirmed before the robot is written.",
    tell: () => {
      const script = first();
      script.home({ type: "rotate" }).until("registry.renew");
      script.say("that runner dies");
      script.pass(3);
      const sleeper = script.home().until("store.readVersion");
      script.tick({ type: "revoke", generation: 2, now: false });
      rotate(script);
      script.pass(1);
      script.tick();
      sleeper.finish();
      script.tick();
      return script;
    },
  },
  {
    name: "old-secret-written-back",
    about:
      "Somebody's PUT, which had read the robot before our PATCH, writes the old secret back: the current generation is refused, and put in again.",
    tell: () => {
      const script = first();
      rotate(script);
      const { registry } = script.world;
      const robot = robotIn(script, "-gb");
      const old = robotIn(script, "-ga").password;
      script.witness.exempt(script.world.places[0], `robot$${robot.name}`);
      registry.state = {
        ...registry.state,
        robots: registry.state.robots.map((one) => (one === robot ? { ...one, password: old } : one)),
      };
      script.say("somebody writes another secret over the current one");
      script.tick();
      script.broken.push(...promiseTwo(script.world, new Set()));
      return script;
    },
  },
  {
    name: "secret-and-mark-written-over",
    about:
      "Somebody's PUT takes our mark away from the current robot, and another secret into it: it is not ours to write to any more. A rotation to the other robot gets away from it.",
    tell: () => {
      const script = first();
      const { registry } = script.world;
      const robot = robotIn(script, "-ga");
      script.witness.exempt(script.world.places[0], `robot$${robot.name}`);
      script.witness.unmarked(robot.name);
      const claimed = { ...robot, description: "somebody else's", password: new Secret("Somebody-elses-1") };
      registry.state = {
        ...registry.state,
        robots: registry.state.robots.map((one) => (one === robot ? claimed : one)),
      };
      script.say("somebody claims the current robot");
      for (let i = 0; i < 10 && (homeLedger(script.world)?.promotedMax ?? 0) < 2; i += 1) {
        script.pass(5);
        script.tick();
      }
      if (homeLedger(script.world)?.current?.robot.username !== `robot$${robot.name.replace(/a$/, "b")}`)
        script.broken.push("promise 2: nothing got away from a robot that somebody else claimed");
      registry.state = {
        ...registry.state,
        robots: registry.state.robots.map((one) =>
          one.id === robot.id ? { ...one, description: robot.description } : one,
        ),
      };
      script.say("they give the mark back");
      return script;
    },
  },
  {
    name: "thrown-away-secret-written-back",
    about:
      "The first generation's secret was thrown away, and somebody's overlapping PUT writes it back: the second look finds it, and it is thrown away once more.",
    tell: () => {
      const script = first();
      const robot = robotIn(script, "-ga");
      rotate(script);
      script.pass(1);
      script.tick();
      script.pass(11);
      script.tick();
      script.tick();
      const { registry } = script.world;
      registry.state = {
        ...registry.state,
        robots: registry.state.robots.map((one) => (one.id === robot.id ? { ...one, password: robot.password } : one)),
      };
      script.say("somebody writes the old secret back");
      rest(script);
      script.broken.push(...script.witness.leftovers(script.world.places[0]));
      return script;
    },
  },
  {
    name: "refresh-noted-by-a-clock-ahead",
    about:
      "A runner whose clock is an hour ahead refreshes the idle robot; the next one's clock is right, and comes at once. The ten seconds until the second look have not passed: they begin again.",
    tell: () => {
      const script = first();
      script.callMs = 100;
      script.skewMs = 60 * 60_000;
      script.say("the runner's clock is an hour ahead");
      script.home({ type: "rotate" }).finish();
      script.skewMs = 0;
      script.say("the clock is right again");
      script.home().finish();
      script.pass(1);
      script.tick();
      if (homeLedger(script.world)?.epoch !== 2) script.broken.push("promise 4: generation 2 was not promoted");
      return script;
    },
  },
  {
    name: "both-robots-held-by-a-rebuilt-ledger",
    about:
      "Home's ledger is lost while both robots are held. No robot is idle, and nobody knows who holds what: what home's store holds is brought back under an epoch above all seen, and the other robot goes its way.",
    tell: () => {
      const script = first();
      rotate(script);
      const ledgers = script.world.ports.ledgers["aws"];
      if (ledgers === undefined) throw new Error("there is a ledger");
      const { "sim/platform-pull": _lost, ...records } = ledgers.state.records;
      ledgers.state = { ...ledgers.state, records };
      script.witness.forget(script.world.places[0]);
      script.say("home's ledger is lost");
      for (let i = 0; i < 3; i += 1) {
        script.tick();
        script.pass(1);
      }
      return script;
    },
  },
  {
    name: "robot-taken-at-the-second-due-date",
    about:
      "A dark cluster holds the first generation, and the second one's end comes near: its robot is taken all the same, and who is cut off is named.",
    tell: () => {
      const script = new Script({ strategy: "alternating", clusters: { c0: "aws", c1: "aws" }, durationDays: 1 });
      script.tick();
      script.pass(1);
      script.tick();
      script.dark = (call) => call.on === "c1";
      script.say("cluster c1 goes dark");
      rotate(script);
      script.pass(48 * 60 - 120);
      script.tick();
      script.pass(1);
      script.tick();
      if ((homeLedger(script.world)?.promotedMax ?? 0) < 3) script.broken.push("promise 4: the robot was not taken");
      script.dark = () => false;
      return script;
    },
  },
];

import { homeLedger, promiseTwo } from "./checkers.ts";
import { Script } from "./script.ts";
import type { Story } from "./stories.ts";
import { minuteMs, type Shape } from "./world.ts";

/** Generation 1 in the one robot, promoted and served. */
function first(shape: Partial<Shape> = {}): Script {
  const script = new Script({ strategy: "in-place", ...shape });
  script.tick();
  return script;
}

function theRobot(script: Script) {
  const [robot] = script.world.registry.state.robots;
  if (robot === undefined) throw new Error("there is a robot");
  return robot;
}

/** One robot, refreshed while it is in use: what the window that is told begins and ends with. */
export const inPlaceStories: readonly Story[] = [
  {
    name: "in-place-refresh-without-an-answer",
    about:
      "Harbor takes the refresh, its answer is lost, and the runner dies with it. The next tick does it again, and all are served: pulls failed from the first write on, not from the one that was answered.",
    tell: () => {
      const script = first();
      let died = false;
      script.dark = () => died;
      script.after = ({ call }) => {
        died ||= call === "registry.refresh";
      };
      script.home({ type: "rotate" }).finish();
      const deadMs = script.world.nowMs;
      script.after = () => undefined;
      died = false;
      script.pass(5);
      script.tick();
      const servedMs = script.world.nowMs;
      script.tick();
      const { windowMs = 0 } = homeLedger(script.world) ?? {};
      if (servedMs - deadMs < 5 * minuteMs) script.broken.push("the story: nothing was refreshed before the pause");
      if (windowMs < servedMs - deadMs)
        script.broken.push(`promise 4: a window of ${windowMs} ms is told, of ${servedMs - deadMs} ms at least`);
      return script;
    },
  },
  {
    name: "in-place-with-a-dark-cluster",
    about:
      "A cluster is dark while the robot is refreshed. What is there holds a dead secret until it is served: the window is told then, and not before.",
    tell: () => {
      const script = first({ clusters: { c0: "aws", c1: "aws" } });
      script.dark = (call) => call.on === "c1";
      script.say("cluster c1 goes dark");
      script.tick({ type: "rotate" });
      script.pass(5);
      script.tick();
      const early = homeLedger(script.world);
      if (early?.current?.generation !== 2) script.broken.push("the story: nothing was rotated");
      if (early?.windowMs !== undefined)
        script.broken.push("promise 4: a window is told while a target holds the dead secret");
      script.dark = () => false;
      script.say("it is there again");
      script.tick();
      script.tick();
      const { windowMs = 0 } = homeLedger(script.world) ?? {};
      if (windowMs < 5 * minuteMs) script.broken.push(`promise 4: a window of ${windowMs} ms is told`);
      return script;
    },
  },
  {
    name: "in-place-staged-secret-put-in-late",
    about:
      "A secret is staged, and the runner dies. Another one wakes up with it much later: by then an operator has had it given up, and the one robot has the generation after it. The ledger must be confirmed before the robot is written.",
    tell: () => {
      const script = first();
      script.home({ type: "rotate" }).until("registry.renew");
      script.say("that runner dies");
      script.pass(3);
      const sleeper = script.home().until("store.readVersion");
      script.tick({ type: "revoke", generation: 2, now: false });
      script.tick({ type: "rotate" });
      script.pass(1);
      script.tick();
      sleeper.finish();
      script.tick();
      return script;
    },
  },
  {
    name: "in-place-old-secret-written-back",
    about:
      "All are served. As soon as the current secret was seen to log in, somebody's overlapping PUT writes the old one back: that generation is not over while its secret logs in, and the current one is put in again.",
    tell: () => {
      const script = first();
      const old = theRobot(script).password;
      script.home({ type: "rotate" }).finish();
      script.site().finish();
      script.pass(1);
      let isBack = false;
      script.after = ({ call }) => {
        if (isBack || call !== "registry.probe") return;
        isBack = true;
        const robot = theRobot(script);
        const { registry } = script.world;
        script.witness.exempt(script.world.places[0], `robot$${robot.name}`);
        registry.state = { ...registry.state, robots: [{ ...robot, password: old }] };
        script.say("somebody writes the old secret back");
      };
      script.home().finish();
      script.after = () => undefined;
      if (!isBack) script.broken.push("the story: the current secret was not looked at");
      if (homeLedger(script.world)?.replaced.length === 0)
        script.broken.push("promise 4: generation 1 is over, and its secret logs in");
      script.tick();
      script.broken.push(...promiseTwo(script.world, new Set()));
      return script;
    },
  },
];

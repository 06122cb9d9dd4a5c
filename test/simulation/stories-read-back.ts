import type { OutsideWrite } from "../../core/drivers/memory/cluster-writes.ts";
import { Script } from "./script.ts";
import type { Story } from "./stories.ts";

/** Three Secrets, so that two are read back by a listing. Whatever is written into the last is at once as it was before. */
function takenBackEachTime(as: Partial<OutsideWrite>): Script {
  const script = new Script({ namespacesPerCluster: 3, adopt: true });
  script.tick();
  const { c0 } = script.world.ports.clusters;
  const [place] = script.world.places;
  const content = c0?.readSecretNow("ns2", place.secret)?.content;
  const login = content?.state === "parsed" ? content.logins[place.registryKey] : null;
  if (c0 === undefined || !login) throw new Error("the first generation was handed out");
  const { username } = login;
  const entry = { username, password: login.password.reveal() };
  const auth = Buffer.from(`${username}:${entry.password}`).toString("base64");
  const text = JSON.stringify({ auths: { [place.registryKey]: { ...entry, auth } } });
  const putBack = (namespace: string, how: Partial<OutsideWrite>) => {
    // Under the name of our own field manager: as another's it would be contested, and left alone.
    c0.writeOutside(namespace, place.secret, { text, manager: "capstan-sim", ...how });
    script.witness.outsider(place, `c0/${namespace}`, username);
    script.say(`somebody puts the first generation back into ${namespace}`);
  };
  script.after = (call) => {
    if (call.call === "cluster.applySecret" && call.write.namespace === "ns2") putBack("ns2", as);
  };
  script.tick({ type: "rotate" });
  for (let i = 0; i < 5; i += 1) {
    script.pass(11);
    // The first one written is read back by itself: it is to be this one, which then stays.
    putBack("ns0", {});
    script.tick();
  }
  script.after = () => undefined;
  return script;
}

/** What was written is read back by a second listing: it shows what is there then, or leaves it out. */
export const readBackStories: readonly Story[] = [
  {
    name: "taken-back-before-the-second-listing",
    about:
      "Whenever a Secret is written, somebody puts the first generation back before all are listed again. It is not served, and the first generation lives.",
    tell: () => takenBackEachTime({}),
  },
  {
    name: "left-out-of-the-second-listing",
    about:
      "The same, and our label is taken off with it, so that no listing shows that Secret: it is read by itself, and the first generation lives.",
    tell: () => takenBackEachTime({ labels: {} }),
  },
];

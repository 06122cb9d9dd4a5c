import type { Random } from "./random.ts";
import { minuteMs, type Shape } from "./world.ts";

const siteNames = ["aws", "azure", "gcp", "onprem", "edge"] as const;

/** One history in so many is of a large world. */
const largeOneIn = 100;

/** A world's sizes, and how long its storm lasts. */
export interface Drawn {
  readonly shape: Shape;
  readonly stormTicks: number;
  readonly large: boolean;
}

function spread(random: Random, sites: readonly string[], count: number): Readonly<Record<string, string>> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${i}`, random.pick(sites)]));
}

/** Every second world has waves. By what was drawn for another reason: the histories of worlds without stay what they were. */
function wavesOf(rotateEveryMs: number): readonly number[] {
  return [[], [], [50], [30, 70]][rotateEveryMs % 4] ?? [];
}

/** Ticks of minutes mostly; of an hour and more in some, so that robots come near their expiry. */
function drawRhythm(random: Random) {
  const tickEveryMs = (random.chance(0.75) ? random.int(2, 12) : random.int(30, 90)) * minuteMs;
  const drainMs = Math.round(random.next() * 2.5 * tickEveryMs);
  const rotateEveryMs = Math.round((4 + random.next() * 10) * tickEveryMs);
  return {
    tickEveryMs,
    drainMs,
    rotateEveryMs,
    durationDays: random.int(1, 2),
    adopt: random.chance(0.5),
    namesTaken: random.chance(0.1),
    waves: wavesOf(rotateEveryMs),
  };
}

function drawSmall(random: Random): Drawn {
  const sites = siteNames.slice(0, random.chance(0.5) ? 1 : 2);
  const clusters = spread(random, sites, sites.length === 1 ? random.int(0, 2) : random.int(1, 2));
  const namespacesPerCluster = random.int(1, 3);
  const shape = {
    sites,
    clusters,
    namespacesPerCluster,
    // One target fewer: what is written is read back by a listing of two pages, one by one, or by one page.
    pageSize: Math.max(1, namespacesPerCluster - 1),
    credentials: random.chance(0.08) ? 2 : 1,
    ...drawRhythm(random),
  };
  return { shape, stormTicks: random.int(4, 12), large: false };
}

/** Up to 5 sites, 10 clusters, 200 targets, 3 credentials at 2 registries. */
function drawLarge(random: Random): Drawn {
  const sites = siteNames.slice(0, random.int(3, 5));
  const clusters = spread(random, sites, random.int(3, 10));
  const targets = Math.round(10 * 20 ** random.next());
  const namespacesPerCluster = Math.max(1, Math.floor(targets / Object.keys(clusters).length));
  const credentials = targets > 60 ? 1 : random.int(2, 3);
  const rhythm = drawRhythm(random);
  return {
    shape: { sites, clusters, namespacesPerCluster, credentials, pageSize: 20, ...rhythm },
    stormTicks: random.int(4, 8),
    large: true,
  };
}

export function drawShape(random: Random, only?: "small" | "large"): Drawn {
  const large = random.chance(1 / largeOneIn);
  return (only === undefined ? large : only === "large") ? drawLarge(random) : drawSmall(random);
}

import { search } from "./search.ts";
import { worlds } from "./worlds.ts";
for (const plan of worlds) {
  if (process.argv[2] && plan.name !== process.argv[2]) continue;
  const r = search(plan, { statesMax: Number(process.argv[3] ?? 300000), secondsMax: 60, progressEvery: 1, nowMs: () => performance.now() });
  console.log(JSON.stringify({ ...r, plan: plan.name }, null, 1), Math.round(process.memoryUsage().rss / 1e6));
}

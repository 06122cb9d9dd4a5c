import { setTimeout as sleep } from "node:timers/promises";
import type { Sandbox } from "./start.ts";

/**
 * Somebody's PUT of what a GET shows, as an infrastructure tool sends it: begun when a refresh of that robot arrives (a
 * fault's `onHit`), read before it and written so long after it. Harbor writes the whole row as that PUT has read it,
 * the old secret with it, and answers 200 to both (harbor.md §1.4: 24 of 500 pairs that began within 12 ms of each
 * other). Resolves when the row was read; `written` when it is written.
 */
export async function putOver(sandbox: Sandbox, path: string, rowMs: number): Promise<{ written: Promise<void> }> {
  const { harbor } = sandbox;
  const { endpoint, admin } = sandbox.describe().harbor;
  const login = Buffer.from(`${admin.username}:${admin.password.reveal()}`).toString("base64");
  const headers = { authorization: `Basic ${login}`, "content-type": "application/json" };
  const robot = await fetch(`${endpoint}${path}`, { headers });
  const body = await robot.text();
  const puts = harbor.counts.get("robot.update") ?? 0;
  harbor.setRobotWriteMs(rowMs);
  const written = fetch(`${endpoint}${path}`, { method: "PUT", headers, body }).then(({ status }) => {
    if (status !== 200) throw new Error(`Harbor answers ${status} to the other's PUT`);
  });
  // Counted as it arrives; the row is read before anything else can be done.
  while ((harbor.counts.get("robot.update") ?? 0) === puts) await sleep(1);
  await sleep(1);
  harbor.setRobotWriteMs(0);
  return { written };
}

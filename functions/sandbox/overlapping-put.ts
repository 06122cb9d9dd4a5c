import type { Sandbox } from "./start.ts";

/** How long each write lies between its reading of the robot's row and its writing of it, in milliseconds. */
export interface OpenRows {
  readonly refreshRowMs: number;
  readonly putRowMs: number;
}

/**
 * Somebody's PUT of what a GET shows, as an infrastructure tool sends it, begun when a refresh of that robot arrives
 * (a fault's `onHit`) and written after it. Harbor writes the whole row as that PUT has read it, the old secret with
 * it, and answers 200 to both (harbor.md §1.4: 24 of 500 pairs that began within 12 ms of each other).
 */
export async function putOver(sandbox: Sandbox, path: string, { refreshRowMs, putRowMs }: OpenRows): Promise<void> {
  const { endpoint, admin } = sandbox.describe().harbor;
  const login = Buffer.from(`${admin.username}:${admin.password.reveal()}`).toString("base64");
  const headers = { authorization: `Basic ${login}`, "content-type": "application/json" };
  sandbox.harbor.setRobotWriteMs(refreshRowMs);
  try {
    const robot = await fetch(`${endpoint}${path}`, { headers });
    const body = await robot.text();
    sandbox.harbor.setRobotWriteMs(putRowMs);
    const reply = await fetch(`${endpoint}${path}`, { method: "PUT", headers, body });
    if (reply.status !== 200) throw new Error(`Harbor answers ${reply.status} to the other's PUT`);
  } finally {
    sandbox.harbor.setRobotWriteMs(0);
  }
}

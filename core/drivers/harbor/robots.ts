import type { z } from "zod";
import { PortError } from "../../ports/errors.ts";
import type { MintedRobot, MintRequest, Robot, ServerTime } from "../../ports/registry.ts";
import { Secret } from "../../secret.ts";
import type { Api } from "./api.ts";
import { createdReply, readReply, robotReply } from "./replies.ts";

/** The last moment that a `Date` can name. */
const dateMsMax = 8.64e15;

/** Epoch seconds or -1 → milliseconds or null. Dates beyond what a `Date` holds are as good as the last one. */
export function expiryMs(expiresAtS: number): number | null {
  return expiresAtS === -1 ? null : Math.min(expiresAtS * 1000, dateMsMax);
}

export function toRobot(reply: z.infer<typeof robotReply>): Robot {
  return {
    id: reply.id,
    username: reply.name,
    description: reply.description,
    disabled: reply.disable,
    createdAtMs: Date.parse(reply.creation_time),
    expiresAtMs: expiryMs(reply.expires_at),
  };
}

function placeOf(request: MintRequest): string {
  return request.level === "system" ? "system" : `project ${request.permissions[0]?.namespace ?? ""}`;
}

/**
 * `POST /robots`. The secret in the 201 is the only copy there is: a reply that got lost (`unreachable`)
 * or makes no sense (`invalid`, `bad-reply`) leaves a robot that nobody can use (harbor.md §1.3).
 */
export async function mintRobot(api: Api, request: MintRequest): Promise<MintedRobot & ServerTime> {
  const operation = "mint";
  // Up to 2.10 Harbor takes 0 for a life of its own choice (harbor.md §1.3): nobody asked for that.
  if (request.durationDays === 0)
    throw new PortError("invalid", "harbor: mint: a life of 0 days", { system: "harbor", operation });
  try {
    const reply = await api.call(
      {
        method: "POST",
        path: "/robots",
        operation,
        right: `robot:create at ${placeOf(request)}`,
        body: {
          name: request.name,
          description: request.description,
          level: request.level,
          duration: request.durationDays,
          permissions: request.permissions,
        },
      },
      201,
    );
    const created = readReply(createdReply, reply, operation);
    return {
      id: created.id,
      username: created.name,
      password: new Secret(created.secret),
      createdAtMs: Date.parse(created.creation_time),
      expiresAtMs: expiryMs(created.expires_at),
      serverMs: reply.serverMs,
    };
  } catch (error) {
    if (!(error instanceof PortError) || error.kind !== "not-found") throw error;
    // Nothing is missing that could be read again: the request names a project that does not exist.
    throw new PortError("invalid", "harbor: mint: a project named in the permissions does not exist (status 404)", {
      system: "harbor",
      operation,
      status: 404,
    });
  }
}

export async function readRobot(api: Api, id: number): Promise<{ readonly robot: Robot } & ServerTime> {
  const operation = "read";
  const reply = await api.call({ method: "GET", path: `/robots/${id}`, operation, right: "robot:read" }, 200);
  const robot = toRobot(readReply(robotReply, reply, operation));
  if (robot.id !== id)
    throw new PortError("invalid", `harbor: read: asked for robot ${id}, got ${robot.id}`, {
      system: "harbor",
      operation,
      reason: "bad-reply",
    });
  return { robot, serverMs: reply.serverMs };
}

/** `DELETE /robots/<id>`. Only Harbor's own 404 counts as gone, never that of something in front of it. */
export async function removeRobot(api: Api, id: number): Promise<void> {
  try {
    await api.call({ method: "DELETE", path: `/robots/${id}`, operation: "remove", right: "robot:delete" }, 200);
  } catch (error) {
    if (!(error instanceof PortError) || error.kind !== "not-found") throw error;
  }
}

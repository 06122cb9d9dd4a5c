import type { PartReply } from "../listener.ts";
import { requireAccess, requirePathProject } from "./authorization.ts";
import type { HarborCall } from "./context.ts";
import { bindPaging, pageReply } from "./paging.ts";
import { fullName } from "./state.ts";

/** `GET /projects/<p>/robots`, the first API of robots: there until 2.12, deprecated (harbor.md §1.9). Its writes are left out. */
export function legacyRobots(call: HarborCall, name: string): PartReply {
  const paging = bindPaging(call.request);
  const project = requirePathProject(call, name);
  const { context } = call;
  requireAccess(context, call.caller, project, "robot", "list");
  const rows = context.state.robots.filter((row) => row.deletedAtMs === null && row.projectId === project.id);
  return pageReply(`/api/v2.0/projects/${name}/robots`, call.request, paging, rows, (row) => ({
    creation_time: new Date(row.createdAtMs).toISOString(),
    disabled: row.disabled,
    expires_at: row.expiresAtS,
    id: row.id,
    name: fullName(context.state, row),
    project_id: row.projectId,
    update_time: new Date(row.updatedAtMs).toISOString(),
  }));
}

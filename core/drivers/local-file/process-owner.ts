import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { codeOf } from "./failures.ts";

/** Who holds a lock. Process ids come again, so the moment of birth is part of the name. */
export interface ProcessOwner {
  readonly pid: number;
  readonly host: string;
  /** Start time in clock ticks since boot (Linux); null where the system does not tell. */
  readonly birth: string | null;
}

/** State letter and start time from `/proc/<pid>/stat` (proc(5): fields 3 and 22). */
async function procStat(pid: number): Promise<{ readonly state: string; readonly birth: string } | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in brackets and may hold blanks and brackets itself.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, birth] = [fields[0], fields[19]];
    return state === undefined || birth === undefined ? null : { state, birth };
  } catch {
    return null;
  }
}

export async function currentOwner(): Promise<ProcessOwner> {
  return { pid: process.pid, host: hostname(), birth: (await procStat(process.pid))?.birth ?? null };
}

/** Null: this machine cannot tell, since the owner is on another one. */
export async function isAlive(owner: ProcessOwner): Promise<boolean | null> {
  if (owner.host !== hostname()) return null;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it is there and somebody else's.
    if (codeOf(error) === "ESRCH") return false;
  }
  const stat = await procStat(owner.pid);
  if (stat === null) return true;
  const ended = stat.state === "Z" || stat.state === "X";
  return !ended && (owner.birth === null || owner.birth === stat.birth);
}

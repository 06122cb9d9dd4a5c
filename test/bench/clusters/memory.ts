/**
 * The greatest resident memory of a process so far, bytes, from its `/proc/…/status` (Linux). `getrusage` would count
 * its parent's, too: a fork starts with it.
 */
export function memoryMaxBytes(status: string): number {
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

import type { Finding } from "./problem.ts";

/** The format that this version writes and the newest that it reads. */
const configFormat = 1;

/**
 * A format's number is the minor version that brought it (format 4 came with 0.4.0), so an old
 * version can name the one to install for a format that it has never seen.
 */
export function checkFormat(data: unknown): Finding | null {
  const path = ["format"];
  const format =
    typeof data === "object" && data !== null && Object.hasOwn(data, "format")
      ? (data as { format: unknown }).format
      : undefined;
  if (format === undefined) {
    return { path, problem: "is missing", mend: `begin the file with format: ${configFormat}` };
  }
  if (typeof format !== "number" || !Number.isSafeInteger(format) || format < 1) {
    return { path, problem: "is not a format number", mend: `write format: ${configFormat}` };
  }
  if (format <= configFormat) return null;
  return {
    path,
    problem: `is ${format}, newer than ${configFormat}, the newest that this version reads; nothing else was read`,
    mend: `install Capstan 0.${format}.0 or newer`,
  };
}

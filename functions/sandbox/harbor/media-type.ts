import type { PartRequest } from "../listener.ts";
import { Unprocessable } from "./refusal.ts";

const consumed = "application/json";

/** Is one of the types that a caller accepts the one that is produced? */
function accepts(accept: string, produced: string): boolean {
  const [kind] = produced.split("/");
  return accept
    .split(",")
    .map((range) => range.split(";").map((part) => part.trim().toLowerCase()))
    .filter((parts) => !parts.some((part) => /^q=0(?:\.0*)?$/.test(part)))
    .some(([range]) => range === produced || range === `${kind}/*` || range === "*/*");
}

/**
 * What Harbor's generated server looks at before any parameter: a body must be JSON, whatever is asked for with it
 * (recorded in 03 and 06), and a request without one must accept what is produced. All failures are 422.
 */
export function checkMediaTypes({ headers, body }: PartRequest, produced: string): void {
  if (body.length > 0) {
    const given = (headers["content-type"] ?? "application/octet-stream").split(";")[0]?.trim().toLowerCase() ?? "";
    if (given !== consumed)
      throw new Unprocessable([`unsupported media type "${given}", only [${consumed}] are allowed`]);
    return;
  }
  const { accept } = headers;
  if (accept !== undefined && !accepts(accept, produced))
    throw new Unprocessable([`unsupported media type requested, only [${produced}] are available`]);
}

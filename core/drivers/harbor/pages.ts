import type { z } from "zod";
import { PortError } from "../../ports/errors.ts";
import type { Api } from "./api.ts";
import { readReply } from "./replies.ts";

const pageSize = 100;
const pagesMax = 1_000;

export interface PagedList<Row> {
  readonly operation: string;
  /** From `/api/v2.0` on, with or without a query. */
  readonly path: string;
  readonly right: string;
  readonly shape: z.ZodType<readonly Row[]>;
}

/** A list to its end, page by page; one that has no end is an error (`too-large`), never a part of it. */
export async function* pagesOf<Row>(api: Api, { operation, path, right, shape }: PagedList<Row>) {
  for (let page = 1; page <= pagesMax; page += 1) {
    const asked = `${path}${path.includes("?") ? "&" : "?"}page=${page}&page_size=${pageSize}`;
    const reply = await api.call({ method: "GET", path: asked, operation, right }, 200);
    const rows = readReply(shape, reply, operation);
    yield rows;
    if (rows.length < pageSize) return;
  }
  const where = { system: "harbor", operation, reason: "too-large" } as const;
  throw new PortError("invalid", `harbor: ${operation}: more than ${pagesMax * pageSize} rows`, where);
}
